// Written by scripts/openapi.ts from the OpenAPI document.
export interface paths {
    "/api/v1/replicaSet": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the replicaSets
         * @description Needs any key; with scope own the answer has only what the key’s name made.
         */
        get: operations["listReplicaSets"];
        put?: never;
        /**
         * Run a container via replicaSet
         * @description Needs the role operator. Code 1004 when it could not be carried out.
         */
        post: operations["runReplicaSet"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/replicaSet/{name}/commit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Commit container as an image via replicaSet
         * @description Needs the role operator. Code 1015 when it could not be carried out.
         */
        post: operations["commitReplicaSet"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/replicaSet/{name}/policy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set the policy of a replicaSet
         * @description Needs the role operator. Code 1038 when it could not be carried out.
         */
        put: operations["setReplicaSetPolicy"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/replicaSet/{name}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Rollback a container via replicaSet
         * @description Needs the role operator. Code 1021 when it could not be carried out.
         */
        patch: operations["rollbackReplicaSet"];
        trace?: never;
    };
    "/api/v1/replicaSet/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get version info about replicaSet
         * @description Needs any key; with scope own the answer has only what the key’s name made.
         */
        get: operations["getReplicaSet"];
        put?: never;
        post?: never;
        /**
         * Delete a container via replicaSet
         * @description Needs the role operator. Code 1005 when it could not be carried out.
         */
        delete: operations["deleteReplicaSet"];
        options?: never;
        head?: never;
        /**
         * Patch a container via replicaSet
         * @description Needs the role operator. Code 1007 when it could not be carried out.
         */
        patch: operations["patchReplicaSet"];
        trace?: never;
    };
    "/api/v1/replicaSet/{name}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove an old version of a replicaSet
         * @description Needs the role operator. Code 1040 when it could not be carried out.
         */
        delete: operations["removeReplicaSetVersion"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/replicaSet/{name}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get what a container printed via replicaSet, or follow it
         * @description Needs any key; with scope own the answer has only what the key’s name made.
         */
        get: operations["getReplicaSetLogs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/replicaSet/{name}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Stop a container via replicaSet
         * @description Needs the role operator. Code 1010 when it could not be carried out.
         */
        patch: operations["stopReplicaSet"];
        trace?: never;
    };
    "/api/v1/replicaSet/{name}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Pause a replicaSet via replicaSet
         * @description Needs the role operator. Code 1018 when it could not be carried out.
         */
        patch: operations["pauseReplicaSet"];
        trace?: never;
    };
    "/api/v1/replicaSet/{name}/continue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Continue a replicaSet via replicaSet
         * @description Needs the role operator. Code 1019 when it could not be carried out.
         */
        patch: operations["continueReplicaSet"];
        trace?: never;
    };
    "/api/v1/replicaSet/{name}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Restart a container via replicaSet
         * @description Needs the role operator. Code 1011 when it could not be carried out.
         */
        patch: operations["restartReplicaSet"];
        trace?: never;
    };
    "/api/v1/replicaSet/{name}/execute": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Execute a command in the container via replicaSet
         * @description Needs the role operator. Code 1006 when it could not be carried out.
         */
        post: operations["executeInReplicaSet"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/replicaSet/{name}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get all version info about replicaSet
         * @description Needs any key; with scope own the answer has only what the key’s name made.
         */
        get: operations["getReplicaSetHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/volumes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the volumes
         * @description Needs any key; with scope own the answer has only what the key’s name made.
         */
        get: operations["listVolumes"];
        put?: never;
        /**
         * Create a volume
         * @description Needs the role operator. Code 1023 when it could not be carried out.
         */
        post: operations["createVolume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/volumes/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get version info about a volume
         * @description Needs any key; with scope own the answer has only what the key’s name made.
         */
        get: operations["getVolume"];
        put?: never;
        post?: never;
        /**
         * Delete a volume
         * @description Needs the role operator. Code 1025 when it could not be carried out.
         */
        delete: operations["deleteVolume"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/volumes/{name}/size": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Patch a volume
         * @description Needs the role operator. Code 1035 when it could not be carried out.
         */
        patch: operations["resizeVolume"];
        trace?: never;
    };
    "/api/v1/volumes/{name}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get all version info about a volume
         * @description Needs any key; with scope own the answer has only what the key’s name made.
         */
        get: operations["getVolumeHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resources/disks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get disk usage status
         * @description Needs a key of scope all.
         */
        get: operations["getDiskUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resources/gpus": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get gpu usage status
         * @description Needs any key; with scope own the answer has only what the key’s name made.
         */
        get: operations["getGpuUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/gpus": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the GPUs
         * @description Needs any key; with scope own the answer has only what the key’s name made.
         */
        get: operations["listGpus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the hosts
         * @description Needs a key of scope all.
         */
        get: operations["listHosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resources/ports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get port usage status
         * @description Needs any key; with scope own the answer has only what the key’s name made.
         */
        get: operations["getPortUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger/gpus": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sum up the GPU time held
         * @description Needs a key of scope all.
         */
        get: operations["getGpuTime"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger/gpus/{uuid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Say who held a GPU, and which command gave and took it
         * @description Needs a key of scope all.
         */
        get: operations["getGpuHolders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get events, or follow them
         * @description Needs a key of scope all.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{seq}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an event, why it happened and what it led to
         * @description Needs a key of scope all.
         */
        get: operations["getEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rejections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the last mutations that were refused
         * @description Needs a key of scope all.
         */
        get: operations["listRejections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/log/level": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the level of the log
         * @description Needs a key of scope all.
         */
        get: operations["getLogLevel"];
        put?: never;
        /**
         * Raise the level of the log
         * @description Needs the role admin. Code 1036 when it could not be carried out.
         */
        post: operations["raiseLogLevel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the operations that are under way
         * @description Needs any key; with scope own the answer has only what the key’s name made.
         */
        get: operations["listOperations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an operation: how far it is, or what became of it
         * @description Needs any key; with scope own the answer has only what the key’s name made.
         */
        get: operations["getOperation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/{id}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Undo an operation that is under way
         * @description Needs the role admin.
         */
        post: operations["undoOperation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/accept-restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Settle for what a restored log says
         * @description Needs the role admin.
         */
        post: operations["acceptRestore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/accept-loss": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give up what is missing from Docker
         * @description Needs the role admin.
         */
        post: operations["acceptLoss"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/replicaSet/{name}/adopt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take back a container that the log does not know
         * @description Needs the role admin.
         */
        post: operations["adoptReplicaSet"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/volumes/{name}/adopt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take back a volume that the log does not know
         * @description Needs the role admin.
         */
        post: operations["adoptVolume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the keys; without the role admin, only one’s own
         * @description Needs any key; with scope own the answer has only what the key’s name made.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Create a key
         * @description Needs the role admin.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a key
         * @description Needs the role admin.
         */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        /**
         * Change what a key may do
         * @description Needs the role admin.
         */
        patch: operations["changeKey"];
        trace?: never;
    };
    "/ping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Say pong
         * @description Needs no key.
         */
        get: operations["ping"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is the process alive?
         * @description Needs no key.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Numbers for Prometheus
         * @description Needs a key of scope all.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is the log read, and are Docker and etcd there?
         * @description Needs no key.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        CommitBody: {
            /** @description The name of the image to make. */
            newImageName: string;
        };
        CreateKeyBody: {
            /** @description Who has the key: the actor of all that is done with it. */
            name: string;
            /**
             * @description viewer reads, operator orders as well, admin does everything: keys, hosts, the log.
             * @enum {unknown}
             */
            role?: "viewer" | "operator" | "admin";
            /**
             * @description own: only replicaSets and volumes that the key’s name made. Default: own for an operator, else all.
             * @enum {unknown}
             */
            scope?: "own" | "all";
            /** @description ISO 8601 time from which on the key cannot be used. */
            expires?: string;
            /** @description Limits on what the key’s name owns; an absent one does not limit. */
            quota?: {
                /** @description GPUs held at the same time. */
                gpus?: number;
                /** @description GPU-hours in a calendar month, UTC. */
                gpuHoursMonth?: number;
                /** @description ReplicaSets. */
                containers?: number;
                /** @description Sum of the sizes of volumes. */
                volumeBytes?: number;
            };
        };
        CreateVolumeBody: {
            /** @description Letters, digits, _ and . ; no dash, which separates the name from the version. */
            name: string;
            /** @description A number with KB, MB, GB or TB. */
            size: string;
        };
        ExecuteBody: {
            cmd: string[];
            /** @description An absolute path in the container. */
            workDir?: string;
        };
        /** @description Nothing was done, or it was undone. */
        Failed: {
            /** @description Says what went wrong. */
            code: number;
            /** @description The same, for people. */
            msg: string;
            data: null | {
                /** @description What a container that ended at once had printed last: 20 lines at most, with *** for secret values. */
                output: string[];
            };
        };
        /** @description An empty one makes a new version of the same configuration. */
        PatchBody: {
            gpuPatch?: {
                /** @description The number of GPUs from now on; 0: none. */
                gpuCount: number;
            };
            /** @description oldBind must match a bind exactly. */
            volumePatch?: {
                /** @description A bind mount. */
                oldBind: {
                    /** @description Beginning with / a path of the host that --allow-bind allows, otherwise a volume: of this service, by its current version, or one that an operator marked. */
                    src: string;
                    /** @description Where it is mounted in the container: an absolute path, not /. */
                    dest: string;
                };
                /** @description A bind mount. */
                newBind: {
                    /** @description Beginning with / a path of the host that --allow-bind allows, otherwise a volume: of this service, by its current version, or one that an operator marked. */
                    src: string;
                    /** @description Where it is mounted in the container: an absolute path, not /. */
                    dest: string;
                };
            };
            /** @description Variables whose values are recorded encrypted and never shown. In a patch: those that are added or change; all others stay. */
            secretEnv?: string[];
            /** @description Seconds from SIGTERM to SIGKILL when this container is stopped or replaced; at most as many as --max-stop-timeout says. */
            stopTimeout?: number;
        };
        /** @description With dryRun=true: the events and the steps that the command would cause now. Nothing is changed. */
        Plan: {
            stream: string;
            /** @description The version of the stream that this was decided on; null where there is none yet. */
            etag: null | number;
            /** @description That would be appended at once. */
            events: {
                type: string;
                data: {
                    [key: string]: unknown;
                };
                stream: string;
            }[];
            /** @description On Docker, if each went well. */
            steps: {
                step: {
                    do: string;
                } & {
                    [key: string]: unknown;
                };
                /** @description That would record it. */
                events: {
                    type: string;
                    data: {
                        [key: string]: unknown;
                    };
                }[];
            }[];
        };
        /** @description The whole policy: it replaces the one before, and what is absent goes by the server’s option. */
        PolicyBody: {
            /** @description Versions that are retained and can be rolled back to, the current one included; 0: all. Absent: as --keep-versions says. */
            keepVersions?: number;
            /** @description Whether a container that died is started again: always, no, or on-failure:N, at most N times in a row. Absent: as --restart says. */
            restart?: string;
        };
        /** @description RFC 9457, for who accepts application/problem+json. */
        Problem: {
            type: string;
            title: string;
            status: number;
            detail: string;
            instance: string;
            code: number;
            /** @description What a container that ended at once had printed last: 20 lines at most, with *** for secret values. */
            output?: string[];
        };
        RaiseLogLevelBody: {
            /** @description The level that the log is to have; absent: the highest that this release writes. */
            level?: number;
            /** @description Hosts that do not count. */
            except?: string[];
        };
        ResizeVolumeBody: {
            /** @description A number with KB, MB, GB or TB. */
            size: string;
        };
        RestartBody: {
            /** @description Seconds from SIGTERM to SIGKILL when this container is stopped or replaced; at most as many as --max-stop-timeout says. */
            stopTimeout?: number;
        };
        RollbackBody: {
            /** @description The version to go back to. */
            version: number;
            /** @description Seconds from SIGTERM to SIGKILL when this container is stopped or replaced; at most as many as --max-stop-timeout says. */
            stopTimeout?: number;
        };
        RunBody: {
            /** @description An image that is on the host. */
            imageName: string;
            /** @description Letters, digits, _ and . ; no dash, which separates the name from the version. */
            replicaSetName: string;
            /**
             * @description 0: no GPU.
             * @default 0
             */
            gpuCount?: number;
            /** @default [] */
            binds?: {
                /** @description Beginning with / a path of the host that --allow-bind allows, otherwise a volume: of this service, by its current version, or one that an operator marked. */
                src: string;
                /** @description Where it is mounted in the container: an absolute path, not /. */
                dest: string;
            }[];
            /** @default [] */
            env?: string[];
            /** @description Variables whose values are recorded encrypted and never shown. In a patch: those that are added or change; all others stay. */
            secretEnv?: string[];
            /** @default [] */
            containerPorts?: string[];
            cmd?: string[];
            /** @description Seconds from SIGTERM to SIGKILL when this container is stopped or replaced; at most as many as --max-stop-timeout says. */
            stopTimeout?: number;
            /** @description Versions that are retained and can be rolled back to, the current one included; 0: all. Absent: as --keep-versions says. */
            keepVersions?: number;
            /** @description Whether a container that died is started again: always, no, or on-failure:N, at most N times in a row. Absent: as --restart says. */
            restart?: string;
        };
        /** @description What is absent stays as it is. */
        SetKeyBody: {
            /**
             * @description viewer reads, operator orders as well, admin does everything: keys, hosts, the log.
             * @enum {unknown}
             */
            role?: "viewer" | "operator" | "admin";
            /**
             * @description own: only replicaSets and volumes that the key’s name made. Default: own for an operator, else all.
             * @enum {unknown}
             */
            scope?: "own" | "all";
            /** @description ISO 8601 time from which on the key cannot be used. */
            expires?: string;
            /** @description The key has no end any more. */
            neverExpires?: boolean;
            /** @description Limits on what the key’s name owns; an absent one does not limit. */
            quota?: {
                /** @description GPUs held at the same time. */
                gpus?: number;
                /** @description GPU-hours in a calendar month, UTC. */
                gpuHoursMonth?: number;
                /** @description ReplicaSets. */
                containers?: number;
                /** @description Sum of the sizes of volumes. */
                volumeBytes?: number;
            };
            /** @description Limits that are lifted. */
            unlimited?: ("gpus" | "gpuHoursMonth" | "containers" | "volumeBytes")[];
        };
        /** @description stopTimeout 0 kills at once, and does not wait for the grace period of a stop that is under way. */
        StopBody: {
            /** @description Seconds from SIGTERM to SIGKILL when this container is stopped or replaced; at most as many as --max-stop-timeout says. */
            stopTimeout?: number;
        };
    };
    responses: {
        /** @description code and msg say what was wrong; 401: a valid key is needed; 403: the key lacks a right or its quota is used up; 429 and 503 come with Retry-After. 504: the client waited for as long as a request may, and the command goes on. */
        Failure: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failed"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description With Prefer: respond-async. The operation has begun; Location says where it is, and its outcome will be. data is as there. */
        Accepted: {
            headers: {
                /** @description /api/v1/operations/{id} */
                Location?: string;
                /** @description respond-async */
                "Preference-Applied"?: string;
                [name: string]: unknown;
            };
            content?: never;
        };
        /** @description The replicaSet or volume is on another host of the log: msg names it. Nothing was changed. */
        Misdirected: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failed"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        Name: string;
        /** @description Only say what would be done. */
        DryRun: boolean;
        /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
        Actor: string;
        /** @description Kept in every event and given back; made up when absent. */
        RequestId: string;
        /** @description The same key of the same actor with the same body gets the first answer again. */
        IdempotencyKey: string;
        /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
        Prefer: string;
        /** @description The ETag of an info: 412 when somebody changed it since. */
        IfMatch: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listReplicaSets: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            replicaSets: {
                                name: string;
                                version: number;
                                /** @enum {unknown} */
                                state: "starting" | "running" | "paused" | "stopped" | "exited" | "failed" | "unknown";
                                containerName: string;
                                imageName: string;
                                /** @description UUIDs held now. */
                                gpus: string[];
                                /** @description Container port → host port. */
                                ports: {
                                    [key: string]: number;
                                };
                                /** @description Local time of the server, YYYY-MM-DD HH:MM:SS. */
                                createTime: string;
                                operation: null | {
                                    kind: string;
                                    /** @enum {unknown} */
                                    phase: "forward" | "undo";
                                };
                                exitCode?: number;
                                /** @description Why it is exited, failed or unknown; of a stopped or paused one, why its disk is not saved, or that its container is gone and its disk saved. */
                                reason?: string;
                                /** @description Where one was set; a field that is absent goes by the server’s option. */
                                policy?: {
                                    /** @description Versions that are retained and can be rolled back to, the current one included; 0: all. Absent: as --keep-versions says. */
                                    keepVersions?: number;
                                    /** @description Whether a container that died is started again: always, no, or on-failure:N, at most N times in a row. Absent: as --restart says. */
                                    restart?: string;
                                };
                            }[];
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    runReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            name: string;
                        };
                    };
                };
            };
            202: components["responses"]["Accepted"];
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    commitReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CommitBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            imageName: string;
                        };
                    };
                };
            };
            202: components["responses"]["Accepted"];
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    setReplicaSetPolicy: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["PolicyBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            /** @description Where one was set; a field that is absent goes by the server’s option. */
                            policy: {
                                /** @description Versions that are retained and can be rolled back to, the current one included; 0: all. Absent: as --keep-versions says. */
                                keepVersions?: number;
                                /** @description Whether a container that died is started again: always, no, or on-failure:N, at most N times in a row. Absent: as --restart says. */
                                restart?: string;
                            };
                        };
                    };
                };
            };
            202: components["responses"]["Accepted"];
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    rollbackReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RollbackBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            containerName: string;
                        };
                    };
                };
            };
            202: components["responses"]["Accepted"];
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    getReplicaSet: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            info: {
                                version: number;
                                /** @description Local time of the server, YYYY-MM-DD HH:MM:SS. */
                                createTime: string;
                                /** @description As Docker’s container config. */
                                config: {
                                    [key: string]: unknown;
                                };
                                /** @description As Docker’s host config. */
                                hostConfig: {
                                    [key: string]: unknown;
                                };
                                networkingConfig: {
                                    EndpointsConfig: null;
                                };
                                platform: {
                                    architecture: string;
                                    os: string;
                                };
                                containerName: string;
                                /**
                                 * @description Somebody removed its saved system disk: it cannot be rolled back to.
                                 * @enum {unknown}
                                 */
                                disk?: "gone";
                                /**
                                 * @description Somebody removed its container. The list says what is left to do.
                                 * @enum {unknown}
                                 */
                                container?: "gone";
                            };
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    deleteReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null;
                    };
                };
            };
            202: components["responses"]["Accepted"];
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    patchReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["PatchBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            containerName: string;
                        };
                    };
                };
            };
            202: components["responses"]["Accepted"];
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    removeReplicaSetVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                name: components["parameters"]["Name"];
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null;
                    };
                };
            };
            202: components["responses"]["Accepted"];
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    getReplicaSetLogs: {
        parameters: {
            query?: {
                /** @description true: go on until the container has ended; where a patch, rollback or restart replaces it, with the next version. */
                follow?: string;
                /** @description Lines from the end, or all (the default). */
                tail?: string;
                /** @description Only what was printed from this time (ISO 8601) on. */
                since?: string;
                /** @description true: each line begins with the time at which it was printed. */
                timestamps?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    stopReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["StopBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null | {
                            /** @description It is done, but its system disk could not be saved: why, and what to do. */
                            warning: string;
                        };
                    };
                };
            };
            202: components["responses"]["Accepted"];
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    pauseReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null | {
                            /** @description It is done, but its system disk could not be saved: why, and what to do. */
                            warning: string;
                        };
                    };
                };
            };
            202: components["responses"]["Accepted"];
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    continueReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null;
                    };
                };
            };
            202: components["responses"]["Accepted"];
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    restartReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RestartBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            containerName: string;
                        };
                    };
                };
            };
            202: components["responses"]["Accepted"];
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    executeInReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExecuteBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            /** @description stdout and stderr as they came. */
                            stdout: string;
                            exitCode?: null | number;
                            truncated?: boolean;
                            timedOut?: boolean;
                        };
                    };
                };
            };
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    getReplicaSetHistory: {
        parameters: {
            query?: {
                /** @description Versions a page, 1 to 1000; 200 when absent. */
                limit?: string;
                /** @description Only versions whose number is lower: the `next` of the page before. */
                before?: string;
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            /** @description Newest first. */
                            history: {
                                version: number;
                                /** @description Local time of the server, YYYY-MM-DD HH:MM:SS. */
                                createTime: string;
                                status: {
                                    version: number;
                                    /** @description Local time of the server, YYYY-MM-DD HH:MM:SS. */
                                    createTime: string;
                                    /** @description As Docker’s container config. */
                                    config: {
                                        [key: string]: unknown;
                                    };
                                    /** @description As Docker’s host config. */
                                    hostConfig: {
                                        [key: string]: unknown;
                                    };
                                    networkingConfig: {
                                        EndpointsConfig: null;
                                    };
                                    platform: {
                                        architecture: string;
                                        os: string;
                                    };
                                    containerName: string;
                                    /**
                                     * @description Somebody removed its saved system disk: it cannot be rolled back to.
                                     * @enum {unknown}
                                     */
                                    disk?: "gone";
                                    /**
                                     * @description Somebody removed its container. The list says what is left to do.
                                     * @enum {unknown}
                                     */
                                    container?: "gone";
                                };
                            }[];
                            /** @description There are older versions: the `before` of the next page. */
                            next?: number;
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    listVolumes: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            volumes: {
                                name: string;
                                version: number;
                                volumeName: string;
                                size: string;
                                enforced: boolean;
                                /** @enum {unknown} */
                                state: "creating" | "ready" | "unknown" | "vanished" | "failed";
                                mountedBy: string[];
                                /** @description Local time of the server, YYYY-MM-DD HH:MM:SS. */
                                createTime: string;
                                operation: null | {
                                    kind: string;
                                    /** @enum {unknown} */
                                    phase: "forward" | "undo";
                                };
                            }[];
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    createVolume: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateVolumeBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            name: string;
                            size: string;
                        };
                    };
                };
            };
            202: components["responses"]["Accepted"];
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    getVolume: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            Info: {
                                version: number;
                                /** @description Local time of the server, YYYY-MM-DD HH:MM:SS. */
                                createTime: string;
                                opt: {
                                    Driver: string;
                                    DriverOpts: {
                                        size: string;
                                    };
                                    Name: string;
                                };
                                /** @description False: the size is recorded, but the engine cannot hold anyone to it. */
                                enforced?: boolean;
                            };
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    deleteVolume: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null;
                    };
                };
            };
            202: components["responses"]["Accepted"];
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    resizeVolume: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResizeVolumeBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            name: string;
                            size: string;
                        };
                    };
                };
            };
            202: components["responses"]["Accepted"];
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    getVolumeHistory: {
        parameters: {
            query?: {
                /** @description Versions a page, 1 to 1000; 200 when absent. */
                limit?: string;
                /** @description Only versions whose number is lower: the `next` of the page before. */
                before?: string;
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            /** @description Newest first. */
                            history: {
                                version: number;
                                /** @description Local time of the server, YYYY-MM-DD HH:MM:SS. */
                                createTime: string;
                                status: {
                                    version: number;
                                    /** @description Local time of the server, YYYY-MM-DD HH:MM:SS. */
                                    createTime: string;
                                    opt: {
                                        Driver: string;
                                        DriverOpts: {
                                            size: string;
                                        };
                                        Name: string;
                                    };
                                    /** @description False: the size is recorded, but the engine cannot hold anyone to it. */
                                    enforced?: boolean;
                                };
                            }[];
                            /** @description There are older versions: the `before` of the next page. */
                            next?: number;
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    getDiskUsage: {
        parameters: {
            query?: {
                /** @description Only this one, with up to 2,000 of its versions. */
                replicaSet?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            disks: {
                                /** @description When Docker counted; null where it has not yet. */
                                countedAt: null | string;
                                /** @description Why there is no newer count, or none at all. */
                                incomplete?: string;
                                /** @description The file system of Docker’s data root; null where Docker is on another machine. */
                                room: null | {
                                    path: string;
                                    total: number;
                                    free: number;
                                    usedRatio: number;
                                };
                                total: {
                                    disks: number;
                                    containers: number;
                                    anonymousVolumes: number;
                                    volumes: number;
                                };
                                replicaSets: {
                                    name: string;
                                    /** @description Layers of all its saved disks, each once, without the base image’s. */
                                    disks: number;
                                    /** @description Of these, in disks of removed versions: given back once no other disk and no container needs them. */
                                    waiting: number;
                                    /** @description The writable layer of its container. */
                                    container: null | number;
                                    /** @description Anonymous volumes of all its versions. */
                                    anonymousVolumes: number;
                                    /** @description Versions with a saved disk, newest first. */
                                    versions: {
                                        version: number;
                                        /** @description All layers of its saved disk, with the base image’s. */
                                        bytes: null | number;
                                        /** @description Of these, in layers that another image has as well. */
                                        shared: null | number;
                                        /** @description Of these, in layers that no other image has: given back when this version alone is removed. */
                                        own: null | number;
                                        /** @description The layer that this version added. */
                                        layer: null | number;
                                    }[];
                                    /** @description Not all versions are listed: ask for this replicaSet alone. */
                                    more?: boolean;
                                }[];
                                /** @description The current versions of the volumes. */
                                volumes: {
                                    name: string;
                                    version: number;
                                    /** @description Null where Docker does not say. */
                                    bytes: null | number;
                                }[];
                            };
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    getGpuUsage: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            /** @description UUID → 1 when held, or used by a container outside this log, 0 when free. */
                            gpus: {
                                [key: string]: 0 | 1;
                            };
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    listGpus: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            /** @description By index; also those that the host has no more. */
                            gpus: {
                                gpu: string;
                                index: number;
                                name: string;
                                /** @description 0 where the driver does not say. */
                                memoryMiB: number;
                                /** @description False: the driver does not report it any more. */
                                present: boolean;
                                /** @description The replicaSet that holds it. */
                                holder: null | string;
                                /** @description Containers outside this log that use it now: it is not given out. Absent where none does, and with at. */
                                foreign?: string;
                            }[];
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    listHosts: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            /** @description The hosts of the log, with what each is bound to. */
                            hosts: {
                                /** @description Its name in the log: it never changes. */
                                name: string;
                                /** @description What the machine is called now. */
                                machine: string;
                                hostId: string;
                                machineId: string;
                                /** @description Docker’s own id. */
                                engineId: string;
                                /** @description Docker’s data root. */
                                dataRoot: string;
                                storageDriver: string;
                                /** @description GPUs that are present. */
                                gpus: number;
                            }[];
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    getPortUsage: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            ports: {
                                StartPort: number;
                                EndPort: number;
                                AvailableCount: number;
                                /** @description The held ports. */
                                UsedPortSet: {
                                    [key: string]: Record<string, never>;
                                };
                            };
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    getGpuTime: {
        parameters: {
            query?: {
                /** @description Where the span begins: a time or a sequence. Default: the beginning of the log. */
                from?: string;
                /** @description Where it ends, itself not included. Default, and at most: now. */
                to?: string;
                /** @description json or csv; Accept: text/csv does the same. */
                format?: string;
                /** @description replicaSet, gpu, actor, day: what is summed up. An actor is who ordered the allocation, a day is UTC. Default: replicaSet. */
                by?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                            from: string;
                            /** @description The end of the span as it was used: never later than now. */
                            to: string;
                            /** @enum {unknown} */
                            by: "replicaSet" | "gpu" | "actor" | "day";
                            rows: {
                                /** @description To the millisecond. */
                                gpuSeconds: number;
                                /** @description Rounded to six decimals. */
                                gpuHours: number;
                                gpuMs: number;
                                /** @description How many holdings have a part in it. */
                                holdings: number;
                            }[];
                            total: {
                                /** @description To the millisecond. */
                                gpuSeconds: number;
                                /** @description Rounded to six decimals. */
                                gpuHours: number;
                                gpuMs: number;
                            };
                            gpus: {
                                gpu: string;
                                host: string;
                                index: number;
                                name: string;
                                /** @description To the millisecond. */
                                gpuSeconds: number;
                                /** @description Rounded to six decimals. */
                                gpuHours: number;
                                gpuMs: number;
                                /** @description How many holdings have a part in it. */
                                holdings: number;
                                knownSeconds: number;
                                /** @description How much of the span it was in the host, or held. */
                                knownMs: number;
                                /** @description gpuMs / knownMs. */
                                utilization: number;
                            }[];
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    getGpuHolders: {
        parameters: {
            query?: {
                /** @description Where the span begins: a time or a sequence. Default: the beginning of the log. */
                from?: string;
                /** @description Where it ends, itself not included. Default, and at most: now. */
                to?: string;
                /** @description json or csv; Accept: text/csv does the same. */
                format?: string;
                /** @description Only who held it then. */
                at?: string;
                /** @description How many holdings, newest first, at most 10000. Default: 1000. */
                limit?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                uuid: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            gpu: string;
                            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                            from?: string;
                            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                            to?: string;
                            hosts?: {
                                host: string;
                                index: number;
                                name: string;
                                known: {
                                    /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                    from: string;
                                    to: null | string;
                                }[];
                            }[];
                            /** @description Newest first. */
                            holdings?: {
                                replicaSet: string;
                                /** @description The version that it was given to; versions after it kept it. */
                                version: number;
                                host: string;
                                from: {
                                    sequence: number;
                                    /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                    time: string;
                                    command: {
                                        id: string;
                                        name: string;
                                    };
                                    actor: string;
                                };
                                /** @description null: it is still held. */
                                to: null | {
                                    sequence: number;
                                    /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                    time: string;
                                    command: {
                                        id: string;
                                        name: string;
                                    };
                                    actor: string;
                                };
                                /** @description To the millisecond. */
                                gpuSeconds: number;
                                /** @description Rounded to six decimals. */
                                gpuHours: number;
                                gpuMs: number;
                            }[];
                            /** @description There are older ones than `limit` let in. */
                            more?: boolean;
                            at?: {
                                sequence: number;
                                time: null | string;
                            };
                            /** @description With `at`: who held it then. */
                            holder?: null | {
                                replicaSet: string;
                                /** @description The version that it was given to; versions after it kept it. */
                                version: number;
                                host: string;
                                from: {
                                    sequence: number;
                                    /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                    time: string;
                                    command: {
                                        id: string;
                                        name: string;
                                    };
                                    actor: string;
                                };
                                /** @description null: it is still held. */
                                to: null | {
                                    sequence: number;
                                    /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                    time: string;
                                    command: {
                                        id: string;
                                        name: string;
                                    };
                                    actor: string;
                                };
                                /** @description To the millisecond. */
                                gpuSeconds: number;
                                /** @description Rounded to six decimals. */
                                gpuHours: number;
                                gpuMs: number;
                            };
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description Of this stream: log, host/NAME, replicaSet/NAME or volume/NAME. */
                stream?: string;
                /** @description Of these types, separated by commas. */
                type?: string;
                /** @description About this GPU, by UUID or by its index on this host. */
                gpu?: string;
                /** @description About this host port. */
                port?: string;
                /** @description Of this replicaSet. */
                replicaSet?: string;
                /** @description Of this volume, and of the containers that mount it. */
                volume?: string;
                /** @description Ordered by this actor. */
                actor?: string;
                /** @description Caused by the command with this id. */
                command?: string;
                /** @description From this sequence or time on. */
                since?: string;
                /** @description Up to this sequence or time, which is included. */
                until?: string;
                /** @description desc (newest first, the default) or asc. */
                order?: string;
                /** @description Events a page, 1 to 1000; 100 when absent. A page of very large events may have fewer. */
                limit?: string;
                /** @description The `next` of the page before. */
                cursor?: string;
                /** @description json (the default), or jsonl: one event a line, as it stands in the log. */
                format?: string;
                /** @description For text/event-stream: go on after this sequence; the header Last-Event-ID says the same. */
                lastEventId?: string;
                /** @description For text/event-stream: true: with frames of type progress, without an id, that say once a second how far the operations under way are. */
                progress?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            events: {
                                seq: number;
                                type: string;
                                schema: number;
                                stream: string;
                                /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                time: string;
                                host: string;
                                /** @description And key and keyId, the name and the id of the API key, requestId, traceparent, address, idempotencyKey where the request had them. */
                                command: {
                                    id: string;
                                    name: string;
                                    actor: string;
                                };
                                /** @description docs/events.md says what each type holds. */
                                data: {
                                    [key: string]: unknown;
                                };
                                prev: string;
                                hash: string;
                            }[];
                            /** @description The cursor of the next page. */
                            next: null | number;
                            /** @description The last sequence of the log. */
                            head: number;
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    getEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                seq: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            /** @description As it stands in the log, but *** for the ciphertext of secret variables: to check hashes, use gpu-docker-api log export. */
                            event: {
                                seq: number;
                                type: string;
                                schema: number;
                                stream: string;
                                /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                time: string;
                                host: string;
                                /** @description And key and keyId, the name and the id of the API key, requestId, traceparent, address, idempotencyKey where the request had them. */
                                command: {
                                    id: string;
                                    name: string;
                                    actor: string;
                                };
                                /** @description docs/events.md says what each type holds. */
                                data: {
                                    [key: string]: unknown;
                                };
                                prev: string;
                                hash: string;
                            };
                            /** @description All events of the same command, oldest first. */
                            command: {
                                seq: number;
                                type: string;
                                schema: number;
                                stream: string;
                                /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                time: string;
                                host: string;
                                /** @description And key and keyId, the name and the id of the API key, requestId, traceparent, address, idempotencyKey where the request had them. */
                                command: {
                                    id: string;
                                    name: string;
                                    actor: string;
                                };
                                /** @description docs/events.md says what each type holds. */
                                data: {
                                    [key: string]: unknown;
                                };
                                prev: string;
                                hash: string;
                            }[];
                            truncated: boolean;
                            /** @description In the same stream. */
                            links: {
                                previous: null | string;
                                next: null | string;
                            };
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    listRejections: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            /** @description Newest first; at most 1000. */
                            rejections: {
                                /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                time: string;
                                command: string;
                                stream: string;
                                actor: string;
                                requestId?: string;
                                address?: string;
                                code: number;
                                kind: string;
                                message: string;
                            }[];
                            /** @description Since the server started. */
                            total: number;
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    getLogLevel: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            /** @description Event types of higher levels are not written. */
                            level: number;
                            /** @description The highest level that this release writes. */
                            writes: number;
                            hosts: {
                                name: string;
                                /** @description The highest level that its server reads. */
                                reads: number;
                            }[];
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    raiseLogLevel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description The same key of the same actor with the same body gets the first answer again. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RaiseLogLevelBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            level: number;
                        };
                    };
                };
            };
            202: components["responses"]["Accepted"];
            421: components["responses"]["Misdirected"];
            default: components["responses"]["Failure"];
        };
    };
    listOperations: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            operations: {
                                id: string;
                                /** @description replicaSet/NAME or volume/NAME. */
                                stream: string;
                                kind: string;
                                /** @enum {unknown} */
                                phase: "forward" | "undo";
                                /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                since: string;
                                /** @description Who ordered it. */
                                actor: string;
                                /** @description The events that record its steps so far. */
                                done: string[];
                                /** @description The step that comes now; null where this server does not lead, and with `at`. */
                                step: null | string;
                                /** @description Whether an order to undo it would be followed. */
                                undoable: boolean;
                                /** @description Since its first event. */
                                elapsedMs?: number;
                                /** @description Present while its step is being carried out: the attempt, and since when. */
                                attempt?: {
                                    number: number;
                                    /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                    since: string;
                                };
                                /** @description Present while its step tells how far it is: bytes done, and in all, as far as they are known. Of a commit Docker tells only the latter. */
                                progress?: {
                                    /** @enum {unknown} */
                                    doing: "download" | "unpack" | "write" | "copy" | "compare";
                                    bytes?: number;
                                    of?: number;
                                };
                                /** @description Present while its step waits for a slot: so many of this kind are carried out at the same time. It has its turn. */
                                waiting?: {
                                    /** @enum {unknown} */
                                    for: "save" | "start" | "stop" | "remove" | "copy" | "measure";
                                    /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                    since: string;
                                };
                                /** @description Present while it makes no progress: since when, how many attempts failed, and why the last one did. */
                                stalled?: {
                                    /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                    since: string;
                                    attempts: number;
                                    reason: string;
                                };
                                /** @description Present while it is being undone: why. */
                                failure?: {
                                    step: string;
                                    message: string;
                                    /** @description What a container that ended at once had printed last: 20 lines at most, with *** for secret values. */
                                    output?: string[];
                                };
                            }[];
                            /** @description None with `at`. */
                            pulls: {
                                image: string;
                                /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                since: string;
                                elapsedMs: number;
                                /** @description Commands that wait for it; it goes on without any. */
                                waiting: number;
                                /** @description Who sent them. */
                                actors: string[];
                                /** @description Present while its step tells how far it is: bytes done, and in all, as far as they are known. Of a commit Docker tells only the latter. */
                                progress?: {
                                    /** @enum {unknown} */
                                    doing: "download" | "unpack" | "write" | "copy" | "compare";
                                    bytes?: number;
                                    of?: number;
                                };
                            }[];
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    getOperation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            operation: {
                                id: string;
                                /** @description replicaSet/NAME or volume/NAME. */
                                stream: string;
                                kind: string;
                                /** @enum {unknown} */
                                phase: "forward" | "undo";
                                /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                since: string;
                                /** @description Who ordered it. */
                                actor: string;
                                /** @description The events that record its steps so far. */
                                done: string[];
                                /** @description The step that comes now; null where this server does not lead, and with `at`. */
                                step: null | string;
                                /** @description Whether an order to undo it would be followed. */
                                undoable: boolean;
                                /** @description Since its first event. */
                                elapsedMs?: number;
                                /** @description Present while its step is being carried out: the attempt, and since when. */
                                attempt?: {
                                    number: number;
                                    /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                    since: string;
                                };
                                /** @description Present while its step tells how far it is: bytes done, and in all, as far as they are known. Of a commit Docker tells only the latter. */
                                progress?: {
                                    /** @enum {unknown} */
                                    doing: "download" | "unpack" | "write" | "copy" | "compare";
                                    bytes?: number;
                                    of?: number;
                                };
                                /** @description Present while its step waits for a slot: so many of this kind are carried out at the same time. It has its turn. */
                                waiting?: {
                                    /** @enum {unknown} */
                                    for: "save" | "start" | "stop" | "remove" | "copy" | "measure";
                                    /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                    since: string;
                                };
                                /** @description Present while it makes no progress: since when, how many attempts failed, and why the last one did. */
                                stalled?: {
                                    /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                    since: string;
                                    attempts: number;
                                    reason: string;
                                };
                                /** @description Present while it is being undone: why. */
                                failure?: {
                                    step: string;
                                    message: string;
                                    /** @description What a container that ended at once had printed last: 20 lines at most, with *** for secret values. */
                                    output?: string[];
                                };
                                /** @constant */
                                state: "open";
                            } | {
                                id: string;
                                /** @description replicaSet/NAME or volume/NAME. */
                                stream: string;
                                kind: string;
                                /** @description Who ordered it. */
                                actor: string;
                                /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                since: string;
                                /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                ended: string;
                                /** @enum {unknown} */
                                state: "done" | "failed";
                                /** @description As the command was answered, or would have been. */
                                answer: {
                                    code: number;
                                    msg: string;
                                    data: null | Record<string, never>;
                                };
                            };
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    undoOperation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            operation: {
                                id: string;
                                /** @description replicaSet/NAME or volume/NAME. */
                                stream: string;
                                kind: string;
                                /** @enum {unknown} */
                                phase: "forward" | "undo";
                                /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                since: string;
                                /** @description Who ordered it. */
                                actor: string;
                                /** @description The events that record its steps so far. */
                                done: string[];
                                /** @description The step that comes now; null where this server does not lead, and with `at`. */
                                step: null | string;
                                /** @description Whether an order to undo it would be followed. */
                                undoable: boolean;
                                /** @description Since its first event. */
                                elapsedMs?: number;
                                /** @description Present while its step is being carried out: the attempt, and since when. */
                                attempt?: {
                                    number: number;
                                    /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                    since: string;
                                };
                                /** @description Present while its step tells how far it is: bytes done, and in all, as far as they are known. Of a commit Docker tells only the latter. */
                                progress?: {
                                    /** @enum {unknown} */
                                    doing: "download" | "unpack" | "write" | "copy" | "compare";
                                    bytes?: number;
                                    of?: number;
                                };
                                /** @description Present while its step waits for a slot: so many of this kind are carried out at the same time. It has its turn. */
                                waiting?: {
                                    /** @enum {unknown} */
                                    for: "save" | "start" | "stop" | "remove" | "copy" | "measure";
                                    /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                    since: string;
                                };
                                /** @description Present while it makes no progress: since when, how many attempts failed, and why the last one did. */
                                stalled?: {
                                    /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                    since: string;
                                    attempts: number;
                                    reason: string;
                                };
                                /** @description Present while it is being undone: why. */
                                failure?: {
                                    step: string;
                                    message: string;
                                    /** @description What a container that ended at once had printed last: 20 lines at most, with *** for secret values. */
                                    output?: string[];
                                };
                            };
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    acceptRestore: {
        parameters: {
            query?: {
                /** @description Only list what differs. */
                dryRun?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            host: string;
                            /** @description Whether there was something to settle. */
                            wasRestored: boolean;
                            /** @description What Docker and the log did not agree about. */
                            differences: string[];
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    acceptLoss: {
        parameters: {
            query?: {
                /** @description Only list what would be given up. */
                dryRun?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            host: string;
                            /** @description Those whose container was missing: they hold nothing any more. */
                            replicaSets: string[];
                            /** @description Those that were missing. */
                            volumes: string[];
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    adoptReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            name: string;
                            /** @description The version that was taken back; 0: the log has it already. */
                            version: number;
                            /** @enum {unknown} */
                            state: "running" | "exited" | "ready";
                            /** @description UUIDs that it is given, as it uses them. */
                            gpus: string[];
                            /** @description Container port → host port. */
                            ports: {
                                [key: string]: number;
                            };
                            /** @description Volumes that were taken back with it. */
                            volumes: string[];
                            /** @description What could not be read exactly, a sentence each. */
                            approximate: string[];
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    adoptVolume: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            name: string;
                            /** @description The version that was taken back; 0: the log has it already. */
                            version: number;
                            /** @enum {unknown} */
                            state: "running" | "exited" | "ready";
                            /** @description UUIDs that it is given, as it uses them. */
                            gpus: string[];
                            /** @description Container port → host port. */
                            ports: {
                                [key: string]: number;
                            };
                            /** @description Volumes that were taken back with it. */
                            volumes: string[];
                            /** @description What could not be read exactly, a sentence each. */
                            approximate: string[];
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    listKeys: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            keys: {
                                name: string;
                                /** @description The part of the key after gda_: it tells whose key a text is. */
                                id: string;
                                /** @enum {unknown} */
                                role: "viewer" | "operator" | "admin";
                                /** @enum {unknown} */
                                scope: "own" | "all";
                                /** @enum {unknown} */
                                state: "live" | "expired" | "revoked";
                                /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
                                created: string;
                                by: string;
                                expires: null | string;
                                revoked: null | string;
                                quota: {
                                    gpus?: number;
                                    gpuHoursMonth?: number;
                                    containers?: number;
                                    volumeBytes?: number;
                                };
                                /** @description What the name has; GPU-hours of this calendar month, UTC. */
                                used: {
                                    gpus: number;
                                    gpuHoursMonth: number;
                                    containers: number;
                                    volumeBytes: number;
                                };
                            }[];
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateKeyBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            name: string;
                            /** @description Shown once: the log has only its hash. */
                            key: string;
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    revokeKey: {
        parameters: {
            query?: {
                /** @description true: it may be the last key, and the API is open then. */
                open?: string;
            };
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null;
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    changeKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SetKeyBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null;
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    ping: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        /** @constant */
                        data: "pong";
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            /** @constant */
                            alive: true;
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            default: components["responses"]["Failure"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: {
                /** @description Kept in every event and given back; made up when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            /** @constant */
                            ready: true;
                            /** @description The last event that this server has read; only for who may see all. */
                            sequence?: number;
                            /** @description Why some commands wait or are refused. */
                            reasons?: string[];
                            /** @description For the operator, a sentence each. */
                            warnings?: string[];
                        };
                    };
                };
            };
            default: components["responses"]["Failure"];
        };
    };
}
/** The commands that can be planned. */
export interface plannedPaths {
    post: "/api/v1/replicaSet" | "/api/v1/replicaSet/{name}/commit" | "/api/v1/volumes" | "/api/v1/log/level" | "/api/v1/replicaSet/{name}/adopt" | "/api/v1/volumes/{name}/adopt" | "/api/v1/keys";
    get: never;
    put: "/api/v1/replicaSet/{name}/policy";
    patch: "/api/v1/replicaSet/{name}/rollback" | "/api/v1/replicaSet/{name}" | "/api/v1/replicaSet/{name}/stop" | "/api/v1/replicaSet/{name}/pause" | "/api/v1/replicaSet/{name}/continue" | "/api/v1/replicaSet/{name}/restart" | "/api/v1/volumes/{name}/size" | "/api/v1/keys/{name}";
    delete: "/api/v1/replicaSet/{name}/versions/{version}" | "/api/v1/replicaSet/{name}" | "/api/v1/volumes/{name}" | "/api/v1/keys/{name}";
}
