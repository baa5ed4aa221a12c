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
         * Pause a replicaSet via replicaSet: ends its processes, as docker stop does; freeze lets them stand still
         * @description Needs the role operator. Code 1018 when it could not be carried out.
         */
        patch: operations["pauseReplicaSet"];
        trace?: never;
    };
    "/api/v1/replicaSet/{name}/freeze": {
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
         * Freeze a replicaSet: its processes stand still
         * @description Needs the role operator. Code 1041 when it could not be carried out.
         */
        patch: operations["freezeReplicaSet"];
        trace?: never;
    };
    "/api/v1/replicaSet/{name}/thaw": {
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
         * Thaw a frozen replicaSet: its processes go on
         * @description Needs the role operator. Code 1042 when it could not be carried out.
         */
        patch: operations["thawReplicaSet"];
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
         * Take back, or take in, a container that the log does not know
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
         * Take back, or take in, a volume that the log does not know
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
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get this document
         * @description Needs no key.
         */
        get: operations["getDocument"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read this document as a page
         * @description Needs no key.
         */
        get: operations["getDocsPage"];
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
        AdoptBody: {
            /** @description Take in a container that was there before the log and carries no label of the service. */
            unlabelled?: {
                /** @description The container is called NAME-VERSION. */
                version: number;
                history?: {
                    /** @description Its number, lower than that of the container. */
                    version: number;
                    /** @description When it was made, ISO 8601. */
                    createTime: string;
                    /** @description The image that it was run from. */
                    imageName: string;
                    /** @description GPUs that it had. */
                    gpuCount: number;
                    binds: {
                        /** @description A path of the host, or a volume of Docker. */
                        src: string;
                        /** @description Where it was mounted in the container. */
                        dest: string;
                    }[];
                    env: string[];
                    containerPorts: string[];
                    cmd?: string[];
                }[];
            };
        };
        AdoptVolumeBody: {
            /** @description Take in a volume that was there before the log and carries no label of the service. */
            unlabelled?: {
                /** @description The volume is called NAME-VERSION in Docker. */
                version: number;
                /** @description As it was asked for, where Docker does not say. */
                size?: string;
                /** @description When it was made, ISO 8601; Docker says only when its files last changed. */
                createTime?: string;
            };
        };
        AnonymousVolumesRemoved: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "AnonymousVolumesRemoved";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["AnonymousVolumesRemovedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        AnonymousVolumesRemovedData: {
            volumes: string[];
        };
        /** @description The command that caused the event. */
        Command: {
            /** @description Unique; the operation that the command began has the same. */
            id: string;
            name: string;
            /** @description Who ordered it: the name of the key, or anonymous, or the client’s claim; system:… for the service itself. */
            actor: string;
            requestId?: string;
            idempotencyKey?: string;
            bodyHash?: string;
            traceparent?: string;
            /** @description The name of the API key. */
            key?: string;
            /** @description Which of the keys of that name. */
            keyId?: string;
            /** @description Where the request came from. */
            address?: string;
        };
        CommandExecuted: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "CommandExecuted";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["CommandExecutedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        CommandExecutedData: {
            exitCode: number | null;
            durationMs: number;
            outputBytes: number;
            truncated: boolean;
            failure?: string;
        };
        CommandOutcomeUnknown: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "CommandOutcomeUnknown";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["CommandOutcomeUnknownData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        CommandOutcomeUnknownData: {
            execution: string;
        };
        CommandRejected: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "CommandRejected";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["CommandRejectedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        CommandRejectedData: {
            code: number;
            kind: string;
            message: string;
            suppressed?: number;
        };
        CommandRequested: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "CommandRequested";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["CommandRequestedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        CommandRequestedData: {
            version: number;
            cmd: string[];
            workDir?: string;
        };
        CommitBody: {
            /** @description The name of the image to make. */
            newImageName: string;
        };
        ContainerAdopted: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerAdopted";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerAdoptedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerAdoptedData: {
            uid: string;
            version: number;
            reason: "run" | "patch" | "rollback" | "restart";
            diskOf?: number;
            owner?: string;
            createTime: string;
            containerId: string;
            state: "running" | "exited";
            exitCode?: number;
            spec: {
                imageName: string;
                gpuCount: number;
                binds: {
                    src: string;
                    dest: string;
                    volume?: {
                        name: string;
                        uid: string;
                    };
                    resolved?: string;
                }[];
                env: string[];
                secretEnv?: {
                    name: string;
                    key: string;
                    sealed: string;
                }[];
                containerPorts: string[];
                cmd?: string[];
                stopTimeout?: number;
            };
            gpus: string[];
            ports: {
                containerPort: string;
                hostPort: number;
            }[];
            image: {
                id: string;
                env: string[];
                cmd?: string[];
                entrypoint?: string[];
                workingDir?: string;
                user?: string;
                stopSignal?: string;
                healthcheck?: {
                    [key: string]: unknown;
                };
            };
            anonymousVolumes: {
                name: string;
                dest: string;
            }[];
            gone: number[];
            approximate: string[];
            /** @constant */
            unlabelled?: true;
        };
        ContainerCommitted: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerCommitted";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerCommittedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerCommittedData: {
            version: number;
            imageName: string;
            imageId: string;
        };
        /** @description As Docker’s container config. What nobody asked for has Docker’s zero value. */
        ContainerConfig: {
            Hostname: string;
            Domainname: string;
            User: string;
            AttachStdin: boolean;
            AttachStdout: boolean;
            AttachStderr: boolean;
            /** @description By port and protocol: 22/tcp. */
            ExposedPorts: {
                [key: string]: Record<string, never>;
            };
            Tty: boolean;
            OpenStdin: boolean;
            StdinOnce: boolean;
            /** @description NAME=value, *** for secret values, and CONTAINER_VERSION. */
            Env: string[];
            /** @description null: the image’s own. */
            Cmd: null | string[];
            Image: string;
            Volumes: null;
            WorkingDir: string;
            Entrypoint: null;
            OnBuild: null;
            Labels: null;
        };
        ContainerContinued: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerContinued";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerContinuedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerContinuedData: {
            version: number;
        };
        ContainerCreated: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerCreated";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerCreatedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerCreatedData: {
            version: number;
            containerId: string;
            anonymousVolumes: {
                name: string;
                dest: string;
            }[];
        };
        ContainerDied: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerDied";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerDiedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerDiedData: {
            version: number;
            exitCode?: number;
            oomKilled?: boolean;
            message?: string;
            /** @constant */
            cause?: "host";
            output?: string[];
        };
        ContainerFrozen: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerFrozen";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerFrozenData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerFrozenData: {
            version: number;
            reason: "operation" | "outside";
        };
        ContainerMissing: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerMissing";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerMissingData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerMissingData: {
            version: number;
        };
        ContainerPaused: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerPaused";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerPausedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerPausedData: {
            version: number;
        };
        ContainerReappeared: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerReappeared";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerReappearedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerReappearedData: {
            version: number;
            state: "created" | "running" | "exited";
            exitCode?: number;
        };
        ContainerRemoved: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerRemoved";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerRemovedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerRemovedData: {
            version: number;
        };
        ContainerStarted: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerStarted";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerStartedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerStartedData: {
            version: number;
            reason: "operation" | "undo" | "outside";
        };
        ContainerStopped: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerStopped";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerStoppedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerStoppedData: {
            version: number;
            reason: "stop" | "replace" | "continue" | "unleased";
            exitCode?: number;
        };
        ContainerThawed: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerThawed";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerThawedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerThawedData: {
            version: number;
            reason: "operation" | "outside";
        };
        ContainerVanished: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerVanished";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerVanishedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerVanishedData: {
            version: number;
        };
        ContainerVersionCreated: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerVersionCreated";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerVersionCreatedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerVersionCreatedData: {
            uid: string;
            version: number;
            reason: "run" | "patch" | "rollback" | "restart";
            diskOf?: number;
            spec: {
                imageName: string;
                gpuCount: number;
                binds: {
                    src: string;
                    dest: string;
                    volume?: {
                        name: string;
                        uid: string;
                    };
                    resolved?: string;
                }[];
                env: string[];
                secretEnv?: {
                    name: string;
                    key: string;
                    sealed: string;
                }[];
                containerPorts: string[];
                cmd?: string[];
                stopTimeout?: number;
            };
            gpus: string[];
            ports: {
                containerPort: string;
                hostPort: number;
            }[];
            image?: {
                id: string;
                env: string[];
                cmd?: string[];
                entrypoint?: string[];
                workingDir?: string;
                user?: string;
                stopSignal?: string;
                healthcheck?: {
                    [key: string]: unknown;
                };
            };
            createsVolumes?: string[];
        };
        ContainerVersionFailed: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ContainerVersionFailed";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ContainerVersionFailedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ContainerVersionFailedData: {
            version: number;
            step: string;
            message: string;
            output?: string[];
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
        DiskUsage: {
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
        /** @description As it stands in the log, but *** for the ciphertext of secret variables: to check hashes, use gpu-docker-api log export. */
        Event: components["schemas"]["LogCreated"] | components["schemas"]["LogLevelRaised"] | components["schemas"]["LogRestored"] | components["schemas"]["HostStarted"] | components["schemas"]["HostRenamed"] | components["schemas"]["HostAdopted"] | components["schemas"]["RestoreSettled"] | components["schemas"]["GpuDiscovered"] | components["schemas"]["GpuLost"] | components["schemas"]["PortRangeSet"] | components["schemas"]["KeyCreated"] | components["schemas"]["KeyChanged"] | components["schemas"]["KeyRevoked"] | components["schemas"]["OperationStarted"] | components["schemas"]["CommandRejected"] | components["schemas"]["OperationCompleted"] | components["schemas"]["OperationFailed"] | components["schemas"]["ContainerVersionCreated"] | components["schemas"]["GpuAllocated"] | components["schemas"]["PortAllocated"] | components["schemas"]["ContainerCreated"] | components["schemas"]["ContainerStarted"] | components["schemas"]["PortConflictFound"] | components["schemas"]["ContainerVersionFailed"] | components["schemas"]["ContainerStopped"] | components["schemas"]["StopCutShort"] | components["schemas"]["ContainerPaused"] | components["schemas"]["ContainerContinued"] | components["schemas"]["ContainerFrozen"] | components["schemas"]["ContainerThawed"] | components["schemas"]["SystemDiskSaved"] | components["schemas"]["SystemDiskDiscarded"] | components["schemas"]["SystemDiskLost"] | components["schemas"]["SystemDiskReappeared"] | components["schemas"]["ContainerRemoved"] | components["schemas"]["GpuReleased"] | components["schemas"]["PortReleased"] | components["schemas"]["ContainerCommitted"] | components["schemas"]["CommandRequested"] | components["schemas"]["CommandExecuted"] | components["schemas"]["CommandOutcomeUnknown"] | components["schemas"]["ContainerDied"] | components["schemas"]["ContainerMissing"] | components["schemas"]["ContainerReappeared"] | components["schemas"]["ContainerVanished"] | components["schemas"]["ContainerAdopted"] | components["schemas"]["VersionAdopted"] | components["schemas"]["PolicySet"] | components["schemas"]["VersionRemoved"] | components["schemas"]["AnonymousVolumesRemoved"] | components["schemas"]["ReplicaSetDeleted"] | components["schemas"]["VolumeVersionCreated"] | components["schemas"]["VolumeProvisioned"] | components["schemas"]["VolumeDataCopied"] | components["schemas"]["VolumeResized"] | components["schemas"]["VolumeVersionFailed"] | components["schemas"]["VolumeVersionRetired"] | components["schemas"]["VolumeVersionRemoved"] | components["schemas"]["VolumeMissing"] | components["schemas"]["VolumeReappeared"] | components["schemas"]["VolumeVanished"] | components["schemas"]["VolumeAdopted"] | components["schemas"]["VolumeDeleted"];
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
        Gpu: {
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
        };
        GpuAllocated: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "GpuAllocated";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["GpuAllocatedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        GpuAllocatedData: {
            version: number;
            gpus: string[];
        };
        GpuDiscovered: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "GpuDiscovered";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["GpuDiscoveredData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        GpuDiscoveredData: {
            gpu: string;
            index: number;
            name: string;
            memoryMiB: number;
        };
        GpuLost: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "GpuLost";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["GpuLostData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        GpuLostData: {
            gpu: string;
        };
        GpuReleased: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "GpuReleased";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["GpuReleasedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        GpuReleasedData: {
            version: number;
            gpus: string[];
        };
        GpuUse: {
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
        };
        Holding: {
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
        Host: {
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
        };
        HostAdopted: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "HostAdopted";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["HostAdoptedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        HostAdoptedData: {
            by: string;
            hostId: string;
            machineId: string;
            engineId: string;
            dataRoot: string;
            storageDriver: string;
        };
        /** @description As Docker’s host config. What nobody asked for has Docker’s zero value. */
        HostConfig: {
            /** @description SOURCE:DESTINATION. */
            Binds: string[];
            ContainerIDFile: string;
            LogConfig: {
                Type: string;
                Config: null;
            };
            NetworkMode: string;
            /** @description By port and protocol: 22/tcp. */
            PortBindings: {
                [key: string]: {
                    HostIp: string;
                    HostPort: string;
                }[];
            };
            RestartPolicy: {
                Name: string;
                MaximumRetryCount: number;
            };
            AutoRemove: boolean;
            VolumeDriver: string;
            VolumesFrom: null;
            ConsoleSize: number[];
            CapAdd: null;
            CapDrop: null;
            CgroupnsMode: string;
            Dns: null;
            DnsOptions: null;
            DnsSearch: null;
            ExtraHosts: null;
            GroupAdd: null;
            IpcMode: string;
            Cgroup: string;
            Links: null;
            OomScoreAdj: number;
            PidMode: string;
            Privileged: boolean;
            PublishAllPorts: boolean;
            ReadonlyRootfs: boolean;
            SecurityOpt: null;
            UTSMode: string;
            UsernsMode: string;
            ShmSize: number;
            Isolation: string;
            CpuShares: number;
            Memory: number;
            NanoCpus: number;
            CgroupParent: string;
            BlkioWeight: number;
            BlkioWeightDevice: null;
            BlkioDeviceReadBps: null;
            BlkioDeviceWriteBps: null;
            BlkioDeviceReadIOps: null;
            BlkioDeviceWriteIOps: null;
            CpuPeriod: number;
            CpuQuota: number;
            CpuRealtimePeriod: number;
            CpuRealtimeRuntime: number;
            CpusetCpus: string;
            CpusetMems: string;
            Devices: null;
            DeviceCgroupRules: null;
            /** @description The GPUs; null for none. */
            DeviceRequests: null | {
                Driver: string;
                Count: number;
                /** @description UUIDs of GPUs. */
                DeviceIDs: string[];
                Capabilities: string[][];
                Options: null;
            }[];
            MemoryReservation: number;
            MemorySwap: number;
            MemorySwappiness: null;
            OomKillDisable: null;
            PidsLimit: null;
            Ulimits: null;
            CpuCount: number;
            CpuPercent: number;
            IOMaximumIOps: number;
            IOMaximumBandwidth: number;
            MaskedPaths: null;
            ReadonlyPaths: null;
        };
        HostRenamed: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "HostRenamed";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["HostRenamedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        HostRenamedData: {
            name: string;
        };
        HostStarted: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "HostStarted";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["HostStartedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        HostStartedData: {
            pid: number;
            version: string;
            engine: string;
            storageDriver: string;
            gpuMode: string;
            hostId?: string;
            machineId?: string;
            engineId?: string;
            dataRoot?: string;
            bootId?: string;
            reads?: number;
            limits?: {
                noNewPrivileges: boolean;
                pids: number;
                capDrop: string[];
                logBytes: number;
                logFiles: number;
                publishAddr: string;
                network: string;
            };
        };
        Key: {
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
        };
        KeyChanged: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "KeyChanged";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["KeyChangedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        KeyChangedData: {
            /** @enum {unknown} */
            role: "viewer" | "operator" | "admin";
            /** @enum {unknown} */
            scope: "own" | "all";
            expires?: string;
            quota: {
                gpus?: number;
                gpuHoursMonth?: number;
                containers?: number;
                volumeBytes?: number;
            };
        };
        KeyCreated: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "KeyCreated";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["KeyCreatedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        KeyCreatedData: {
            id: string;
            salt: string;
            hash: string;
            /** @enum {unknown} */
            role: "viewer" | "operator" | "admin";
            /** @enum {unknown} */
            scope: "own" | "all";
            expires?: string;
            quota: {
                gpus?: number;
                gpuHoursMonth?: number;
                containers?: number;
                volumeBytes?: number;
            };
        };
        KeyRevoked: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "KeyRevoked";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["KeyRevokedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        KeyRevokedData: Record<string, never>;
        LogCreated: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "LogCreated";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["LogCreatedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        LogCreatedData: {
            id: string;
            level?: number;
            release?: string;
        };
        LogLevelRaised: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "LogLevelRaised";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["LogLevelRaisedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        LogLevelRaisedData: {
            level: number;
            release: string;
            except?: string[];
        };
        LogRestored: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "LogRestored";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["LogRestoredData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        LogRestoredData: {
            by: string;
            lost: number;
            last?: {
                seq: number;
                hash?: string;
                time?: string;
            };
        };
        Operation: {
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
        OperationCompleted: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "OperationCompleted";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["OperationCompletedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        OperationCompletedData: {
            kind: "run" | "patch" | "rollback" | "restart" | "stop" | "pause" | "continue" | "freeze" | "thaw" | "commit" | "delete" | "setPolicy" | "removeVersion" | "createVolume" | "resizeVolume" | "deleteVolume";
            warning?: string;
        };
        OperationFailed: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "OperationFailed";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["OperationFailedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        OperationFailedData: {
            kind: "run" | "patch" | "rollback" | "restart" | "stop" | "pause" | "continue" | "freeze" | "thaw" | "commit" | "delete" | "setPolicy" | "removeVersion" | "createVolume" | "resizeVolume" | "deleteVolume";
            code: number;
            message: string;
            /** @constant */
            refused?: true;
        };
        OperationStarted: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "OperationStarted";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["OperationStartedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        OperationStartedData: {
            kind: "run" | "patch" | "rollback" | "restart" | "stop" | "pause" | "continue" | "freeze" | "thaw" | "commit" | "delete" | "setPolicy" | "removeVersion" | "createVolume" | "resizeVolume" | "deleteVolume";
            from?: number;
            to?: number;
            imageName?: string;
            reason?: string;
            stopTimeout?: number;
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
            events: components["schemas"]["PlannedEvent"][];
            /** @description On Docker, if each went well. */
            steps: {
                step: {
                    do: string;
                } & {
                    [key: string]: unknown;
                };
                events: components["schemas"]["PlannedOutcome"][];
            }[];
        };
        /** @description An event that would be appended at once. */
        PlannedEvent: {
            /** @constant */
            type: "LogCreated";
            stream: string;
            data: components["schemas"]["LogCreatedData"];
        } | {
            /** @constant */
            type: "LogLevelRaised";
            stream: string;
            data: components["schemas"]["LogLevelRaisedData"];
        } | {
            /** @constant */
            type: "LogRestored";
            stream: string;
            data: components["schemas"]["LogRestoredData"];
        } | {
            /** @constant */
            type: "HostStarted";
            stream: string;
            data: components["schemas"]["HostStartedData"];
        } | {
            /** @constant */
            type: "HostRenamed";
            stream: string;
            data: components["schemas"]["HostRenamedData"];
        } | {
            /** @constant */
            type: "HostAdopted";
            stream: string;
            data: components["schemas"]["HostAdoptedData"];
        } | {
            /** @constant */
            type: "RestoreSettled";
            stream: string;
            data: components["schemas"]["RestoreSettledData"];
        } | {
            /** @constant */
            type: "GpuDiscovered";
            stream: string;
            data: components["schemas"]["GpuDiscoveredData"];
        } | {
            /** @constant */
            type: "GpuLost";
            stream: string;
            data: components["schemas"]["GpuLostData"];
        } | {
            /** @constant */
            type: "PortRangeSet";
            stream: string;
            data: components["schemas"]["PortRangeSetData"];
        } | {
            /** @constant */
            type: "KeyCreated";
            stream: string;
            data: components["schemas"]["KeyCreatedData"];
        } | {
            /** @constant */
            type: "KeyChanged";
            stream: string;
            data: components["schemas"]["KeyChangedData"];
        } | {
            /** @constant */
            type: "KeyRevoked";
            stream: string;
            data: components["schemas"]["KeyRevokedData"];
        } | {
            /** @constant */
            type: "OperationStarted";
            stream: string;
            data: components["schemas"]["OperationStartedData"];
        } | {
            /** @constant */
            type: "CommandRejected";
            stream: string;
            data: components["schemas"]["CommandRejectedData"];
        } | {
            /** @constant */
            type: "OperationCompleted";
            stream: string;
            data: components["schemas"]["OperationCompletedData"];
        } | {
            /** @constant */
            type: "OperationFailed";
            stream: string;
            data: components["schemas"]["OperationFailedData"];
        } | {
            /** @constant */
            type: "ContainerVersionCreated";
            stream: string;
            data: components["schemas"]["ContainerVersionCreatedData"];
        } | {
            /** @constant */
            type: "GpuAllocated";
            stream: string;
            data: components["schemas"]["GpuAllocatedData"];
        } | {
            /** @constant */
            type: "PortAllocated";
            stream: string;
            data: components["schemas"]["PortAllocatedData"];
        } | {
            /** @constant */
            type: "ContainerCreated";
            stream: string;
            data: components["schemas"]["ContainerCreatedData"];
        } | {
            /** @constant */
            type: "ContainerStarted";
            stream: string;
            data: components["schemas"]["ContainerStartedData"];
        } | {
            /** @constant */
            type: "PortConflictFound";
            stream: string;
            data: components["schemas"]["PortConflictFoundData"];
        } | {
            /** @constant */
            type: "ContainerVersionFailed";
            stream: string;
            data: components["schemas"]["ContainerVersionFailedData"];
        } | {
            /** @constant */
            type: "ContainerStopped";
            stream: string;
            data: components["schemas"]["ContainerStoppedData"];
        } | {
            /** @constant */
            type: "StopCutShort";
            stream: string;
            data: components["schemas"]["StopCutShortData"];
        } | {
            /** @constant */
            type: "ContainerPaused";
            stream: string;
            data: components["schemas"]["ContainerPausedData"];
        } | {
            /** @constant */
            type: "ContainerContinued";
            stream: string;
            data: components["schemas"]["ContainerContinuedData"];
        } | {
            /** @constant */
            type: "ContainerFrozen";
            stream: string;
            data: components["schemas"]["ContainerFrozenData"];
        } | {
            /** @constant */
            type: "ContainerThawed";
            stream: string;
            data: components["schemas"]["ContainerThawedData"];
        } | {
            /** @constant */
            type: "SystemDiskSaved";
            stream: string;
            data: components["schemas"]["SystemDiskSavedData"];
        } | {
            /** @constant */
            type: "SystemDiskDiscarded";
            stream: string;
            data: components["schemas"]["SystemDiskDiscardedData"];
        } | {
            /** @constant */
            type: "SystemDiskLost";
            stream: string;
            data: components["schemas"]["SystemDiskLostData"];
        } | {
            /** @constant */
            type: "SystemDiskReappeared";
            stream: string;
            data: components["schemas"]["SystemDiskReappearedData"];
        } | {
            /** @constant */
            type: "ContainerRemoved";
            stream: string;
            data: components["schemas"]["ContainerRemovedData"];
        } | {
            /** @constant */
            type: "GpuReleased";
            stream: string;
            data: components["schemas"]["GpuReleasedData"];
        } | {
            /** @constant */
            type: "PortReleased";
            stream: string;
            data: components["schemas"]["PortReleasedData"];
        } | {
            /** @constant */
            type: "ContainerCommitted";
            stream: string;
            data: components["schemas"]["ContainerCommittedData"];
        } | {
            /** @constant */
            type: "CommandRequested";
            stream: string;
            data: components["schemas"]["CommandRequestedData"];
        } | {
            /** @constant */
            type: "CommandExecuted";
            stream: string;
            data: components["schemas"]["CommandExecutedData"];
        } | {
            /** @constant */
            type: "CommandOutcomeUnknown";
            stream: string;
            data: components["schemas"]["CommandOutcomeUnknownData"];
        } | {
            /** @constant */
            type: "ContainerDied";
            stream: string;
            data: components["schemas"]["ContainerDiedData"];
        } | {
            /** @constant */
            type: "ContainerMissing";
            stream: string;
            data: components["schemas"]["ContainerMissingData"];
        } | {
            /** @constant */
            type: "ContainerReappeared";
            stream: string;
            data: components["schemas"]["ContainerReappearedData"];
        } | {
            /** @constant */
            type: "ContainerVanished";
            stream: string;
            data: components["schemas"]["ContainerVanishedData"];
        } | {
            /** @constant */
            type: "ContainerAdopted";
            stream: string;
            data: components["schemas"]["ContainerAdoptedData"];
        } | {
            /** @constant */
            type: "VersionAdopted";
            stream: string;
            data: components["schemas"]["VersionAdoptedData"];
        } | {
            /** @constant */
            type: "PolicySet";
            stream: string;
            data: components["schemas"]["PolicySetData"];
        } | {
            /** @constant */
            type: "VersionRemoved";
            stream: string;
            data: components["schemas"]["VersionRemovedData"];
        } | {
            /** @constant */
            type: "AnonymousVolumesRemoved";
            stream: string;
            data: components["schemas"]["AnonymousVolumesRemovedData"];
        } | {
            /** @constant */
            type: "ReplicaSetDeleted";
            stream: string;
            data: components["schemas"]["ReplicaSetDeletedData"];
        } | {
            /** @constant */
            type: "VolumeVersionCreated";
            stream: string;
            data: components["schemas"]["VolumeVersionCreatedData"];
        } | {
            /** @constant */
            type: "VolumeProvisioned";
            stream: string;
            data: components["schemas"]["VolumeProvisionedData"];
        } | {
            /** @constant */
            type: "VolumeDataCopied";
            stream: string;
            data: components["schemas"]["VolumeDataCopiedData"];
        } | {
            /** @constant */
            type: "VolumeResized";
            stream: string;
            data: components["schemas"]["VolumeResizedData"];
        } | {
            /** @constant */
            type: "VolumeVersionFailed";
            stream: string;
            data: components["schemas"]["VolumeVersionFailedData"];
        } | {
            /** @constant */
            type: "VolumeVersionRetired";
            stream: string;
            data: components["schemas"]["VolumeVersionRetiredData"];
        } | {
            /** @constant */
            type: "VolumeVersionRemoved";
            stream: string;
            data: components["schemas"]["VolumeVersionRemovedData"];
        } | {
            /** @constant */
            type: "VolumeMissing";
            stream: string;
            data: components["schemas"]["VolumeMissingData"];
        } | {
            /** @constant */
            type: "VolumeReappeared";
            stream: string;
            data: components["schemas"]["VolumeReappearedData"];
        } | {
            /** @constant */
            type: "VolumeVanished";
            stream: string;
            data: components["schemas"]["VolumeVanishedData"];
        } | {
            /** @constant */
            type: "VolumeAdopted";
            stream: string;
            data: components["schemas"]["VolumeAdoptedData"];
        } | {
            /** @constant */
            type: "VolumeDeleted";
            stream: string;
            data: components["schemas"]["VolumeDeletedData"];
        };
        /** @description An event that would record the step. */
        PlannedOutcome: {
            /** @constant */
            type: "LogCreated";
            data: components["schemas"]["LogCreatedData"];
        } | {
            /** @constant */
            type: "LogLevelRaised";
            data: components["schemas"]["LogLevelRaisedData"];
        } | {
            /** @constant */
            type: "LogRestored";
            data: components["schemas"]["LogRestoredData"];
        } | {
            /** @constant */
            type: "HostStarted";
            data: components["schemas"]["HostStartedData"];
        } | {
            /** @constant */
            type: "HostRenamed";
            data: components["schemas"]["HostRenamedData"];
        } | {
            /** @constant */
            type: "HostAdopted";
            data: components["schemas"]["HostAdoptedData"];
        } | {
            /** @constant */
            type: "RestoreSettled";
            data: components["schemas"]["RestoreSettledData"];
        } | {
            /** @constant */
            type: "GpuDiscovered";
            data: components["schemas"]["GpuDiscoveredData"];
        } | {
            /** @constant */
            type: "GpuLost";
            data: components["schemas"]["GpuLostData"];
        } | {
            /** @constant */
            type: "PortRangeSet";
            data: components["schemas"]["PortRangeSetData"];
        } | {
            /** @constant */
            type: "KeyCreated";
            data: components["schemas"]["KeyCreatedData"];
        } | {
            /** @constant */
            type: "KeyChanged";
            data: components["schemas"]["KeyChangedData"];
        } | {
            /** @constant */
            type: "KeyRevoked";
            data: components["schemas"]["KeyRevokedData"];
        } | {
            /** @constant */
            type: "OperationStarted";
            data: components["schemas"]["OperationStartedData"];
        } | {
            /** @constant */
            type: "CommandRejected";
            data: components["schemas"]["CommandRejectedData"];
        } | {
            /** @constant */
            type: "OperationCompleted";
            data: components["schemas"]["OperationCompletedData"];
        } | {
            /** @constant */
            type: "OperationFailed";
            data: components["schemas"]["OperationFailedData"];
        } | {
            /** @constant */
            type: "ContainerVersionCreated";
            data: components["schemas"]["ContainerVersionCreatedData"];
        } | {
            /** @constant */
            type: "GpuAllocated";
            data: components["schemas"]["GpuAllocatedData"];
        } | {
            /** @constant */
            type: "PortAllocated";
            data: components["schemas"]["PortAllocatedData"];
        } | {
            /** @constant */
            type: "ContainerCreated";
            data: components["schemas"]["ContainerCreatedData"];
        } | {
            /** @constant */
            type: "ContainerStarted";
            data: components["schemas"]["ContainerStartedData"];
        } | {
            /** @constant */
            type: "PortConflictFound";
            data: components["schemas"]["PortConflictFoundData"];
        } | {
            /** @constant */
            type: "ContainerVersionFailed";
            data: components["schemas"]["ContainerVersionFailedData"];
        } | {
            /** @constant */
            type: "ContainerStopped";
            data: components["schemas"]["ContainerStoppedData"];
        } | {
            /** @constant */
            type: "StopCutShort";
            data: components["schemas"]["StopCutShortData"];
        } | {
            /** @constant */
            type: "ContainerPaused";
            data: components["schemas"]["ContainerPausedData"];
        } | {
            /** @constant */
            type: "ContainerContinued";
            data: components["schemas"]["ContainerContinuedData"];
        } | {
            /** @constant */
            type: "ContainerFrozen";
            data: components["schemas"]["ContainerFrozenData"];
        } | {
            /** @constant */
            type: "ContainerThawed";
            data: components["schemas"]["ContainerThawedData"];
        } | {
            /** @constant */
            type: "SystemDiskSaved";
            data: components["schemas"]["SystemDiskSavedData"];
        } | {
            /** @constant */
            type: "SystemDiskDiscarded";
            data: components["schemas"]["SystemDiskDiscardedData"];
        } | {
            /** @constant */
            type: "SystemDiskLost";
            data: components["schemas"]["SystemDiskLostData"];
        } | {
            /** @constant */
            type: "SystemDiskReappeared";
            data: components["schemas"]["SystemDiskReappearedData"];
        } | {
            /** @constant */
            type: "ContainerRemoved";
            data: components["schemas"]["ContainerRemovedData"];
        } | {
            /** @constant */
            type: "GpuReleased";
            data: components["schemas"]["GpuReleasedData"];
        } | {
            /** @constant */
            type: "PortReleased";
            data: components["schemas"]["PortReleasedData"];
        } | {
            /** @constant */
            type: "ContainerCommitted";
            data: components["schemas"]["ContainerCommittedData"];
        } | {
            /** @constant */
            type: "CommandRequested";
            data: components["schemas"]["CommandRequestedData"];
        } | {
            /** @constant */
            type: "CommandExecuted";
            data: components["schemas"]["CommandExecutedData"];
        } | {
            /** @constant */
            type: "CommandOutcomeUnknown";
            data: components["schemas"]["CommandOutcomeUnknownData"];
        } | {
            /** @constant */
            type: "ContainerDied";
            data: components["schemas"]["ContainerDiedData"];
        } | {
            /** @constant */
            type: "ContainerMissing";
            data: components["schemas"]["ContainerMissingData"];
        } | {
            /** @constant */
            type: "ContainerReappeared";
            data: components["schemas"]["ContainerReappearedData"];
        } | {
            /** @constant */
            type: "ContainerVanished";
            data: components["schemas"]["ContainerVanishedData"];
        } | {
            /** @constant */
            type: "ContainerAdopted";
            data: components["schemas"]["ContainerAdoptedData"];
        } | {
            /** @constant */
            type: "VersionAdopted";
            data: components["schemas"]["VersionAdoptedData"];
        } | {
            /** @constant */
            type: "PolicySet";
            data: components["schemas"]["PolicySetData"];
        } | {
            /** @constant */
            type: "VersionRemoved";
            data: components["schemas"]["VersionRemovedData"];
        } | {
            /** @constant */
            type: "AnonymousVolumesRemoved";
            data: components["schemas"]["AnonymousVolumesRemovedData"];
        } | {
            /** @constant */
            type: "ReplicaSetDeleted";
            data: components["schemas"]["ReplicaSetDeletedData"];
        } | {
            /** @constant */
            type: "VolumeVersionCreated";
            data: components["schemas"]["VolumeVersionCreatedData"];
        } | {
            /** @constant */
            type: "VolumeProvisioned";
            data: components["schemas"]["VolumeProvisionedData"];
        } | {
            /** @constant */
            type: "VolumeDataCopied";
            data: components["schemas"]["VolumeDataCopiedData"];
        } | {
            /** @constant */
            type: "VolumeResized";
            data: components["schemas"]["VolumeResizedData"];
        } | {
            /** @constant */
            type: "VolumeVersionFailed";
            data: components["schemas"]["VolumeVersionFailedData"];
        } | {
            /** @constant */
            type: "VolumeVersionRetired";
            data: components["schemas"]["VolumeVersionRetiredData"];
        } | {
            /** @constant */
            type: "VolumeVersionRemoved";
            data: components["schemas"]["VolumeVersionRemovedData"];
        } | {
            /** @constant */
            type: "VolumeMissing";
            data: components["schemas"]["VolumeMissingData"];
        } | {
            /** @constant */
            type: "VolumeReappeared";
            data: components["schemas"]["VolumeReappearedData"];
        } | {
            /** @constant */
            type: "VolumeVanished";
            data: components["schemas"]["VolumeVanishedData"];
        } | {
            /** @constant */
            type: "VolumeAdopted";
            data: components["schemas"]["VolumeAdoptedData"];
        } | {
            /** @constant */
            type: "VolumeDeleted";
            data: components["schemas"]["VolumeDeletedData"];
        };
        /** @description The whole policy: it replaces the one before, and what is absent goes by the server’s option. */
        PolicyBody: {
            /** @description Versions that are retained and can be rolled back to, the current one included; 0: all. Absent: as --keep-versions says. */
            keepVersions?: number;
            /** @description Whether a container that died is started again: always, no, or on-failure:N, at most N times in a row. Absent: as --restart says. */
            restart?: string;
        };
        PolicySet: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "PolicySet";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["PolicySetData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        PolicySetData: {
            policy: {
                keepVersions?: number;
                restart?: string;
            };
        };
        PortAllocated: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "PortAllocated";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["PortAllocatedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        PortAllocatedData: {
            version: number;
            ports: {
                containerPort: string;
                hostPort: number;
            }[];
        };
        PortConflictFound: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "PortConflictFound";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["PortConflictFoundData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        PortConflictFoundData: {
            version: number;
            hostPort: number;
            message: string;
        };
        PortRangeSet: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "PortRangeSet";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["PortRangeSetData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        PortRangeSetData: {
            start: number;
            end: number;
        };
        PortReleased: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "PortReleased";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["PortReleasedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        PortReleasedData: {
            version: number;
            ports: {
                containerPort: string;
                hostPort: number;
            }[];
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
        ReplicaSet: {
            name: string;
            version: number;
            /** @enum {unknown} */
            state: "starting" | "running" | "frozen" | "paused" | "stopped" | "exited" | "failed" | "unknown";
            containerName: string;
            imageName: string;
            /** @description UUIDs held now. */
            gpus: string[];
            /** @description Container port → host port. */
            ports: {
                [key: string]: number;
            };
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
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
        };
        ReplicaSetDeleted: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ReplicaSetDeleted";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["ReplicaSetDeletedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        ReplicaSetDeletedData: {
            uid: string;
        };
        ReplicaSetInfo: {
            version: number;
            /** @description Local time of the server, YYYY-MM-DD HH:MM:SS. */
            createTime: string;
            config: components["schemas"]["ContainerConfig"];
            hostConfig: components["schemas"]["HostConfig"];
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
             * @description Its processes stand still, until it is thawed.
             * @constant
             */
            frozen?: true;
            /**
             * @description Somebody removed its container. The list says what is left to do.
             * @enum {unknown}
             */
            container?: "gone";
        };
        ResizeVolumeBody: {
            /** @description A number with KB, MB, GB or TB. */
            size: string;
        };
        RestartBody: {
            /** @description Seconds from SIGTERM to SIGKILL when this container is stopped or replaced; at most as many as --max-stop-timeout says. */
            stopTimeout?: number;
        };
        RestoreSettled: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "RestoreSettled";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["RestoreSettledData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        RestoreSettledData: {
            how: "agreed" | "accepted";
            differences: number;
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
        /** @description What is absent stays as it is; the scope of an admin who becomes another is that role’s default. */
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
        StopCutShort: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "StopCutShort";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["StopCutShortData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        StopCutShortData: {
            version: number;
        };
        SystemDiskDiscarded: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "SystemDiskDiscarded";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["SystemDiskDiscardedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        SystemDiskDiscardedData: {
            version: number;
            image: string;
        };
        SystemDiskLost: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "SystemDiskLost";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["SystemDiskLostData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        SystemDiskLostData: {
            version: number;
            image: string;
        };
        SystemDiskReappeared: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "SystemDiskReappeared";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["SystemDiskReappearedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        SystemDiskReappearedData: {
            version: number;
            image: string;
        };
        SystemDiskSaved: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "SystemDiskSaved";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["SystemDiskSavedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        SystemDiskSavedData: {
            version: number;
            disk: {
                image: string;
                layers: number;
                bytes: number;
                flattened: boolean;
            };
        };
        VersionAdopted: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "VersionAdopted";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["VersionAdoptedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        VersionAdoptedData: {
            version: number;
            reason: "run" | "patch" | "rollback" | "restart";
            diskOf?: number;
            createTime: string;
            spec: {
                imageName: string;
                gpuCount: number;
                binds: {
                    src: string;
                    dest: string;
                    volume?: {
                        name: string;
                        uid: string;
                    };
                    resolved?: string;
                }[];
                env: string[];
                secretEnv?: {
                    name: string;
                    key: string;
                    sealed: string;
                }[];
                containerPorts: string[];
                cmd?: string[];
                stopTimeout?: number;
            };
            disk?: {
                image: string;
                layers: number;
                bytes: number;
                flattened: boolean;
            };
        };
        VersionRemoved: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "VersionRemoved";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["VersionRemovedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        VersionRemovedData: {
            version: number;
            reason: "requested" | "keepVersions";
        };
        Volume: {
            name: string;
            version: number;
            volumeName: string;
            size: string;
            enforced: boolean;
            /** @enum {unknown} */
            state: "creating" | "ready" | "unknown" | "vanished" | "failed";
            mountedBy: string[];
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            createTime: string;
            operation: null | {
                kind: string;
                /** @enum {unknown} */
                phase: "forward" | "undo";
            };
        };
        VolumeAdopted: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "VolumeAdopted";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["VolumeAdoptedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        VolumeAdoptedData: {
            uid: string;
            version: number;
            size: string;
            bytes: number;
            enforced: boolean;
            createTime: string;
            gone: number[];
            /** @constant */
            unlabelled?: true;
        };
        VolumeDataCopied: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "VolumeDataCopied";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["VolumeDataCopiedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        VolumeDataCopiedData: {
            from: number;
            to: number;
            entries: number;
            bytes: number;
        };
        VolumeDeleted: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "VolumeDeleted";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["VolumeDeletedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        VolumeDeletedData: {
            uid: string;
        };
        VolumeInfo: {
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
        VolumeMissing: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "VolumeMissing";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["VolumeMissingData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        VolumeMissingData: {
            version: number;
        };
        VolumeProvisioned: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "VolumeProvisioned";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["VolumeProvisionedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        VolumeProvisionedData: {
            version: number;
            enforced: boolean;
        };
        VolumeReappeared: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "VolumeReappeared";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["VolumeReappearedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        VolumeReappearedData: {
            version: number;
        };
        VolumeResized: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "VolumeResized";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["VolumeResizedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        VolumeResizedData: {
            from: number;
            to: number;
            size: string;
            bytes: number;
        };
        VolumeVanished: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "VolumeVanished";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["VolumeVanishedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        VolumeVanishedData: {
            version: number;
        };
        VolumeVersionCreated: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "VolumeVersionCreated";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["VolumeVersionCreatedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        VolumeVersionCreatedData: {
            uid: string;
            version: number;
            size: string;
            bytes: number;
            from?: number;
        };
        VolumeVersionFailed: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "VolumeVersionFailed";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["VolumeVersionFailedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        VolumeVersionFailedData: {
            version: number;
            step: string;
            message: string;
        };
        VolumeVersionRemoved: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "VolumeVersionRemoved";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["VolumeVersionRemovedData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        VolumeVersionRemovedData: {
            version: number;
        };
        VolumeVersionRetired: {
            seq: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "VolumeVersionRetired";
            schema: number;
            /** @description log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME. */
            stream: string;
            /** @description UTC, YYYY-MM-DDTHH:MM:SS.mmmZ. */
            time: string;
            host: string;
            command: components["schemas"]["Command"];
            data: components["schemas"]["VolumeVersionRetiredData"];
            /** @description The hash of the event before it. */
            prev: string;
            hash: string;
        };
        VolumeVersionRetiredData: {
            version: number;
        };
    };
    responses: {
        /** @description With Prefer: respond-async. The operation has begun; Location says where it is, and its outcome will be. data is as there. */
        Accepted: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                Location: components["headers"]["Location"];
                "Preference-Applied": components["headers"]["Preference-Applied"];
                [name: string]: unknown;
            };
            content?: never;
        };
        /** @description The request is wrong in itself. `msg` names what, and what it can be. */
        Malformed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "code": 1000,
                 *       "msg": "\"gpucount\" is not a field of this body: did you mean gpuCount?",
                 *       "data": null
                 *     }
                 */
                "application/json": components["schemas"]["Failed"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A key is needed, or the one that was sent is not valid. */
        Unauthorized: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failed"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The key lacks the right, its quota is used up, or a page of another site sent the request. */
        Forbidden: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failed"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no such thing. */
        NotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "code": 1016,
                 *       "msg": "replicaSet train does not exist",
                 *       "data": null
                 *     }
                 */
                "application/json": components["schemas"]["Failed"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The state does not allow it: the name is taken, or GPUs or ports are used up. */
        Conflict: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "code": 1008,
                 *       "msg": "replicaSet train exists already (version 1, running); patch or delete it",
                 *       "data": null
                 *     }
                 */
                "application/json": components["schemas"]["Failed"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `Last-Event-ID` is ahead of the log, which was restored to an earlier moment. */
        Gone: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failed"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `If-Match` is not the current ETag: somebody changed it since. */
        PreconditionFailed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failed"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is larger than `--max-body` allows. */
        TooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failed"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description It is on another host of the log, which `msg` names. Nothing was changed. */
        Misdirected: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failed"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description It cannot be carried out, or it failed and was undone. */
        Unprocessable: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failed"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Too much at once, or too many requests without a valid key: try again after `Retry-After` seconds. */
        TooMany: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failed"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A mistake of the program. The server’s log says more under the request’s id. */
        Internal: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failed"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not ready: `msg` says why. Nothing was changed; try again after `Retry-After` seconds. */
        Unavailable: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Failed"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The client waited for as long as a request may, and the command goes on. The same Idempotency-Key gets its answer. */
        Late: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
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
        /** @description true: nothing is done, and the answer is the plan. */
        DryRun: boolean;
        /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
        Actor: string;
        /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
        RequestId: string;
        /** @description W3C Trace Context: recorded in every event that the request causes. */
        Traceparent: string;
        /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
        IdempotencyKey: string;
        /** @description respond-async: 202 with Location as soon as the operation has begun; wait=SECONDS: but only where it has not ended by then (RFC 7240). */
        Prefer: string;
        /** @description The ETag of an info: 412 when somebody changed it since. */
        IfMatch: string;
        /** @description For text/event-stream: go on after this sequence. */
        LastEventId: string;
    };
    requestBodies: never;
    headers: {
        /** @description The id of the request: the client’s own, or a new one. */
        "X-Request-Id": string;
        /** @description The version of what the answer is about, for If-Match. */
        ETag: string;
        /** @description With `at`: the last event of the state that answered. */
        "X-At-Sequence": number;
        /** @description With `at`: the time of that event, UTC. */
        "X-At-Time": string;
        /** @description The next page, rel="next", where there is one. */
        Link: string;
        /** @description Where the operation is, and its outcome will be: /api/v1/operations/{id}. */
        Location: string;
        /** @description respond-async */
        "Preference-Applied": string;
        /** @description Seconds to wait before the request is sent again. */
        "Retry-After": number;
        /** @description Bearer, and whether the key that was sent is not valid. */
        "WWW-Authenticate": string;
    };
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
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-At-Sequence": components["headers"]["X-At-Sequence"];
                    "X-At-Time": components["headers"]["X-At-Time"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "replicaSets": [
                     *           {
                     *             "name": "eval",
                     *             "version": 1,
                     *             "state": "running",
                     *             "containerName": "eval-1",
                     *             "imageName": "busybox:1.36",
                     *             "gpus": [
                     *               "GPU-77a40aed-a22a-8f31-73f8-b1214030a6c7"
                     *             ],
                     *             "ports": {},
                     *             "createTime": "2026-11-26T06:23:52.058Z",
                     *             "operation": null
                     *           },
                     *           {
                     *             "name": "train",
                     *             "version": 2,
                     *             "state": "running",
                     *             "containerName": "train-2",
                     *             "imageName": "busybox:1.36",
                     *             "gpus": [
                     *               "GPU-16b66ef9-7219-8bf4-2425-b186df8a0ed1"
                     *             ],
                     *             "ports": {
                     *               "22": 46000
                     *             },
                     *             "createTime": "2026-11-26T06:23:49.359Z",
                     *             "operation": null,
                     *             "policy": {
                     *               "keepVersions": 5,
                     *               "restart": "on-failure:3"
                     *             }
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            replicaSets: components["schemas"]["ReplicaSet"][];
                        };
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    runReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "imageName": "nvidia/cuda:10.0-base",
                 *       "replicaSetName": "foo",
                 *       "gpuCount": 3,
                 *       "binds": [
                 *         {
                 *           "src": "veil-0",
                 *           "dest": "/root/veil-0"
                 *         },
                 *         {
                 *           "src": "/mynfs/data/ctr-knock",
                 *           "dest": "/root/data/ctr-knock"
                 *         }
                 *       ],
                 *       "env": [
                 *         "USER=foo"
                 *       ],
                 *       "containerPorts": [
                 *         "22",
                 *         "443"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["RunBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "name": "foo-1"
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    commitReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "newImageName": "foo-v1-image"
                 *     }
                 */
                "application/json": components["schemas"]["CommitBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "imageName": "foo-v1-image"
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    setReplicaSetPolicy: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "keepVersions": 5,
                 *       "restart": "on-failure:3"
                 *     }
                 */
                "application/json": components["schemas"]["PolicyBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "policy": {
                     *           "keepVersions": 5,
                     *           "restart": "on-failure:3"
                     *         }
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    rollbackReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "version": 1
                 *     }
                 */
                "application/json": components["schemas"]["RollbackBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "containerName": "foo-6"
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    getReplicaSet: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    "X-At-Sequence": components["headers"]["X-At-Sequence"];
                    "X-At-Time": components["headers"]["X-At-Time"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "info": {
                     *           "version": 8,
                     *           "createTime": "2024-01-22 07:36:04",
                     *           "config": {
                     *             "Hostname": "",
                     *             "Domainname": "",
                     *             "User": "",
                     *             "AttachStdin": false,
                     *             "AttachStdout": false,
                     *             "AttachStderr": false,
                     *             "ExposedPorts": {
                     *               "22/tcp": {},
                     *               "443/tcp": {}
                     *             },
                     *             "Tty": true,
                     *             "OpenStdin": true,
                     *             "StdinOnce": false,
                     *             "Env": [
                     *               "USER=foo",
                     *               "CONTAINER_VERSION=8"
                     *             ],
                     *             "Cmd": null,
                     *             "Image": "nvidia/cuda:10.0-base",
                     *             "Volumes": null,
                     *             "WorkingDir": "",
                     *             "Entrypoint": null,
                     *             "OnBuild": null,
                     *             "Labels": null
                     *           },
                     *           "hostConfig": {
                     *             "Binds": [
                     *               "veil-0:/root/veil-0",
                     *               "/mynfs/data/ctr-knock:/root/data/ctr-knock"
                     *             ],
                     *             "ContainerIDFile": "",
                     *             "LogConfig": {
                     *               "Type": "",
                     *               "Config": null
                     *             },
                     *             "NetworkMode": "",
                     *             "PortBindings": {
                     *               "22/tcp": [
                     *                 {
                     *                   "HostIp": "",
                     *                   "HostPort": "40000"
                     *                 }
                     *               ],
                     *               "443/tcp": [
                     *                 {
                     *                   "HostIp": "",
                     *                   "HostPort": "40001"
                     *                 }
                     *               ]
                     *             },
                     *             "RestartPolicy": {
                     *               "Name": "",
                     *               "MaximumRetryCount": 0
                     *             },
                     *             "AutoRemove": false,
                     *             "VolumeDriver": "",
                     *             "VolumesFrom": null,
                     *             "ConsoleSize": [
                     *               0,
                     *               0
                     *             ],
                     *             "CapAdd": null,
                     *             "CapDrop": null,
                     *             "CgroupnsMode": "",
                     *             "Dns": null,
                     *             "DnsOptions": null,
                     *             "DnsSearch": null,
                     *             "ExtraHosts": null,
                     *             "GroupAdd": null,
                     *             "IpcMode": "",
                     *             "Cgroup": "",
                     *             "Links": null,
                     *             "OomScoreAdj": 0,
                     *             "PidMode": "",
                     *             "Privileged": false,
                     *             "PublishAllPorts": false,
                     *             "ReadonlyRootfs": false,
                     *             "SecurityOpt": null,
                     *             "UTSMode": "",
                     *             "UsernsMode": "",
                     *             "ShmSize": 0,
                     *             "Isolation": "",
                     *             "CpuShares": 0,
                     *             "Memory": 0,
                     *             "NanoCpus": 0,
                     *             "CgroupParent": "",
                     *             "BlkioWeight": 0,
                     *             "BlkioWeightDevice": null,
                     *             "BlkioDeviceReadBps": null,
                     *             "BlkioDeviceWriteBps": null,
                     *             "BlkioDeviceReadIOps": null,
                     *             "BlkioDeviceWriteIOps": null,
                     *             "CpuPeriod": 0,
                     *             "CpuQuota": 0,
                     *             "CpuRealtimePeriod": 0,
                     *             "CpuRealtimeRuntime": 0,
                     *             "CpusetCpus": "",
                     *             "CpusetMems": "",
                     *             "Devices": null,
                     *             "DeviceCgroupRules": null,
                     *             "DeviceRequests": [
                     *               {
                     *                 "Driver": "nvidia",
                     *                 "Count": 0,
                     *                 "DeviceIDs": [
                     *                   "GPU-bc85a406-0357-185f-a56c-afb49572bdbe",
                     *                   "GPU-c6b3ca5f-c1ac-8171-582b-737b70a6bbce",
                     *                   "GPU-dc6d913c-8df4-a9a4-49e6-b82fcba5a6f9"
                     *                 ],
                     *                 "Capabilities": [
                     *                   [
                     *                     "gpu"
                     *                   ]
                     *                 ],
                     *                 "Options": null
                     *               }
                     *             ],
                     *             "MemoryReservation": 0,
                     *             "MemorySwap": 0,
                     *             "MemorySwappiness": null,
                     *             "OomKillDisable": null,
                     *             "PidsLimit": null,
                     *             "Ulimits": null,
                     *             "CpuCount": 0,
                     *             "CpuPercent": 0,
                     *             "IOMaximumIOps": 0,
                     *             "IOMaximumBandwidth": 0,
                     *             "MaskedPaths": null,
                     *             "ReadonlyPaths": null
                     *           },
                     *           "networkingConfig": {
                     *             "EndpointsConfig": null
                     *           },
                     *           "platform": {
                     *             "architecture": "",
                     *             "os": ""
                     *           },
                     *           "containerName": "foo-8"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            info: components["schemas"]["ReplicaSetInfo"];
                        };
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": null
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    patchReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "gpuPatch": {
                 *         "gpuCount": 1
                 *       },
                 *       "volumePatch": {
                 *         "oldBind": {
                 *           "src": "veil-0",
                 *           "dest": "/root/veil-0"
                 *         },
                 *         "newBind": {
                 *           "src": "veil-1",
                 *           "dest": "/root/veil-1"
                 *         }
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["PatchBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "containerName": "foo-2"
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    removeReplicaSetVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": null
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
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
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    stopReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": null
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    pauseReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": null
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    freezeReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": null
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    thawReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": null
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    continueReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": null
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    restartReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "containerName": "foo-7"
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    executeInReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "cmd": [
                 *         "nvidia-smi"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["ExecuteBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "stdout": "Mon Jan 22 03:01:02 2024       \n+-----------------------------------------------------------------------------+\n| NVIDIA-SMI 525.85.12    Driver Version: 525.85.12    CUDA Version: 12.0     |\n|-------------------------------+----------------------+----------------------+\n| GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |\n| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |\n|                               |                      |               MIG M. |\n|===============================+======================+======================|\n|   0  NVIDIA A100 80G...  On   | 00000000:36:00.0 Off |                    0 |\n| N/A   42C    P0    65W / 300W |  51827MiB / 81920MiB |      0%      Default |\n|                               |                      |             Enabled* |\n+-------------------------------+----------------------+----------------------+\n|   1  NVIDIA A100 80G...  On   | 00000000:89:00.0 Off |                    0 |\n| N/A   47C    P0    70W / 300W |  12481MiB / 81920MiB |      0%      Default |\n|                               |                      |             Enabled* |\n+-------------------------------+----------------------+----------------------+\n|   2  NVIDIA A100 80G...  On   | 00000000:8A:00.0 Off |                    0 |\n| N/A   39C    P0    45W / 300W |      0MiB / 81920MiB |      0%      Default |\n|                               |                      |             Enabled* |\n+-------------------------------+----------------------+----------------------+\n                                                                               \n+-----------------------------------------------------------------------------+\n| Processes:                                                                  |\n|  GPU   GI   CI        PID   Type   Process name                  GPU Memory |\n|        ID   ID                                                   Usage      |\n|=============================================================================|\n+-----------------------------------------------------------------------------+\n"
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    getReplicaSetHistory: {
        parameters: {
            query?: {
                /** @description Versions a page. */
                limit?: number;
                /** @description Only versions whose number is lower: the `next` of the page before. */
                before?: number;
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-At-Sequence": components["headers"]["X-At-Sequence"];
                    "X-At-Time": components["headers"]["X-At-Time"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "history": [
                     *           {
                     *             "version": 8,
                     *             "createTime": "2024-01-22 07:36:04",
                     *             "status": {
                     *               "version": 8,
                     *               "createTime": "2024-01-22 07:36:04",
                     *               "config": {
                     *                 "Hostname": "",
                     *                 "Domainname": "",
                     *                 "User": "",
                     *                 "AttachStdin": false,
                     *                 "AttachStdout": false,
                     *                 "AttachStderr": false,
                     *                 "ExposedPorts": {
                     *                   "22/tcp": {},
                     *                   "443/tcp": {}
                     *                 },
                     *                 "Tty": true,
                     *                 "OpenStdin": true,
                     *                 "StdinOnce": false,
                     *                 "Env": [
                     *                   "USER=foo",
                     *                   "CONTAINER_VERSION=8"
                     *                 ],
                     *                 "Cmd": null,
                     *                 "Image": "nvidia/cuda:10.0-base",
                     *                 "Volumes": null,
                     *                 "WorkingDir": "",
                     *                 "Entrypoint": null,
                     *                 "OnBuild": null,
                     *                 "Labels": null
                     *               },
                     *               "hostConfig": {
                     *                 "Binds": [
                     *                   "veil-0:/root/veil-0",
                     *                   "/mynfs/data/ctr-knock:/root/data/ctr-knock"
                     *                 ],
                     *                 "ContainerIDFile": "",
                     *                 "LogConfig": {
                     *                   "Type": "",
                     *                   "Config": null
                     *                 },
                     *                 "NetworkMode": "",
                     *                 "PortBindings": {
                     *                   "22/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40000"
                     *                     }
                     *                   ],
                     *                   "443/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40001"
                     *                     }
                     *                   ]
                     *                 },
                     *                 "RestartPolicy": {
                     *                   "Name": "",
                     *                   "MaximumRetryCount": 0
                     *                 },
                     *                 "AutoRemove": false,
                     *                 "VolumeDriver": "",
                     *                 "VolumesFrom": null,
                     *                 "ConsoleSize": [
                     *                   0,
                     *                   0
                     *                 ],
                     *                 "CapAdd": null,
                     *                 "CapDrop": null,
                     *                 "CgroupnsMode": "",
                     *                 "Dns": null,
                     *                 "DnsOptions": null,
                     *                 "DnsSearch": null,
                     *                 "ExtraHosts": null,
                     *                 "GroupAdd": null,
                     *                 "IpcMode": "",
                     *                 "Cgroup": "",
                     *                 "Links": null,
                     *                 "OomScoreAdj": 0,
                     *                 "PidMode": "",
                     *                 "Privileged": false,
                     *                 "PublishAllPorts": false,
                     *                 "ReadonlyRootfs": false,
                     *                 "SecurityOpt": null,
                     *                 "UTSMode": "",
                     *                 "UsernsMode": "",
                     *                 "ShmSize": 0,
                     *                 "Isolation": "",
                     *                 "CpuShares": 0,
                     *                 "Memory": 0,
                     *                 "NanoCpus": 0,
                     *                 "CgroupParent": "",
                     *                 "BlkioWeight": 0,
                     *                 "BlkioWeightDevice": null,
                     *                 "BlkioDeviceReadBps": null,
                     *                 "BlkioDeviceWriteBps": null,
                     *                 "BlkioDeviceReadIOps": null,
                     *                 "BlkioDeviceWriteIOps": null,
                     *                 "CpuPeriod": 0,
                     *                 "CpuQuota": 0,
                     *                 "CpuRealtimePeriod": 0,
                     *                 "CpuRealtimeRuntime": 0,
                     *                 "CpusetCpus": "",
                     *                 "CpusetMems": "",
                     *                 "Devices": null,
                     *                 "DeviceCgroupRules": null,
                     *                 "DeviceRequests": [
                     *                   {
                     *                     "Driver": "nvidia",
                     *                     "Count": 0,
                     *                     "DeviceIDs": [
                     *                       "GPU-bc85a406-0357-185f-a56c-afb49572bdbe",
                     *                       "GPU-c6b3ca5f-c1ac-8171-582b-737b70a6bbce",
                     *                       "GPU-dc6d913c-8df4-a9a4-49e6-b82fcba5a6f9"
                     *                     ],
                     *                     "Capabilities": [
                     *                       [
                     *                         "gpu"
                     *                       ]
                     *                     ],
                     *                     "Options": null
                     *                   }
                     *                 ],
                     *                 "MemoryReservation": 0,
                     *                 "MemorySwap": 0,
                     *                 "MemorySwappiness": null,
                     *                 "OomKillDisable": null,
                     *                 "PidsLimit": null,
                     *                 "Ulimits": null,
                     *                 "CpuCount": 0,
                     *                 "CpuPercent": 0,
                     *                 "IOMaximumIOps": 0,
                     *                 "IOMaximumBandwidth": 0,
                     *                 "MaskedPaths": null,
                     *                 "ReadonlyPaths": null
                     *               },
                     *               "networkingConfig": {
                     *                 "EndpointsConfig": null
                     *               },
                     *               "platform": {
                     *                 "architecture": "",
                     *                 "os": ""
                     *               },
                     *               "containerName": "foo-8"
                     *             }
                     *           },
                     *           {
                     *             "version": 7,
                     *             "createTime": "2024-01-22 06:45:11",
                     *             "status": {
                     *               "version": 7,
                     *               "createTime": "2024-01-22 06:45:11",
                     *               "config": {
                     *                 "Hostname": "",
                     *                 "Domainname": "",
                     *                 "User": "",
                     *                 "AttachStdin": false,
                     *                 "AttachStdout": false,
                     *                 "AttachStderr": false,
                     *                 "ExposedPorts": {
                     *                   "22/tcp": {},
                     *                   "443/tcp": {}
                     *                 },
                     *                 "Tty": true,
                     *                 "OpenStdin": true,
                     *                 "StdinOnce": false,
                     *                 "Env": [
                     *                   "USER=foo",
                     *                   "CONTAINER_VERSION=7"
                     *                 ],
                     *                 "Cmd": null,
                     *                 "Image": "nvidia/cuda:10.0-base",
                     *                 "Volumes": null,
                     *                 "WorkingDir": "",
                     *                 "Entrypoint": null,
                     *                 "OnBuild": null,
                     *                 "Labels": null
                     *               },
                     *               "hostConfig": {
                     *                 "Binds": [
                     *                   "veil-0:/root/veil-0",
                     *                   "/mynfs/data/ctr-knock:/root/data/ctr-knock"
                     *                 ],
                     *                 "ContainerIDFile": "",
                     *                 "LogConfig": {
                     *                   "Type": "",
                     *                   "Config": null
                     *                 },
                     *                 "NetworkMode": "",
                     *                 "PortBindings": {
                     *                   "22/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40000"
                     *                     }
                     *                   ],
                     *                   "443/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40001"
                     *                     }
                     *                   ]
                     *                 },
                     *                 "RestartPolicy": {
                     *                   "Name": "",
                     *                   "MaximumRetryCount": 0
                     *                 },
                     *                 "AutoRemove": false,
                     *                 "VolumeDriver": "",
                     *                 "VolumesFrom": null,
                     *                 "ConsoleSize": [
                     *                   0,
                     *                   0
                     *                 ],
                     *                 "CapAdd": null,
                     *                 "CapDrop": null,
                     *                 "CgroupnsMode": "",
                     *                 "Dns": null,
                     *                 "DnsOptions": null,
                     *                 "DnsSearch": null,
                     *                 "ExtraHosts": null,
                     *                 "GroupAdd": null,
                     *                 "IpcMode": "",
                     *                 "Cgroup": "",
                     *                 "Links": null,
                     *                 "OomScoreAdj": 0,
                     *                 "PidMode": "",
                     *                 "Privileged": false,
                     *                 "PublishAllPorts": false,
                     *                 "ReadonlyRootfs": false,
                     *                 "SecurityOpt": null,
                     *                 "UTSMode": "",
                     *                 "UsernsMode": "",
                     *                 "ShmSize": 0,
                     *                 "Isolation": "",
                     *                 "CpuShares": 0,
                     *                 "Memory": 0,
                     *                 "NanoCpus": 0,
                     *                 "CgroupParent": "",
                     *                 "BlkioWeight": 0,
                     *                 "BlkioWeightDevice": null,
                     *                 "BlkioDeviceReadBps": null,
                     *                 "BlkioDeviceWriteBps": null,
                     *                 "BlkioDeviceReadIOps": null,
                     *                 "BlkioDeviceWriteIOps": null,
                     *                 "CpuPeriod": 0,
                     *                 "CpuQuota": 0,
                     *                 "CpuRealtimePeriod": 0,
                     *                 "CpuRealtimeRuntime": 0,
                     *                 "CpusetCpus": "",
                     *                 "CpusetMems": "",
                     *                 "Devices": null,
                     *                 "DeviceCgroupRules": null,
                     *                 "DeviceRequests": [
                     *                   {
                     *                     "Driver": "nvidia",
                     *                     "Count": 0,
                     *                     "DeviceIDs": [
                     *                       "GPU-bc85a406-0357-185f-a56c-afb49572bdbe",
                     *                       "GPU-c6b3ca5f-c1ac-8171-582b-737b70a6bbce",
                     *                       "GPU-dc6d913c-8df4-a9a4-49e6-b82fcba5a6f9"
                     *                     ],
                     *                     "Capabilities": [
                     *                       [
                     *                         "gpu"
                     *                       ]
                     *                     ],
                     *                     "Options": null
                     *                   }
                     *                 ],
                     *                 "MemoryReservation": 0,
                     *                 "MemorySwap": 0,
                     *                 "MemorySwappiness": null,
                     *                 "OomKillDisable": null,
                     *                 "PidsLimit": null,
                     *                 "Ulimits": null,
                     *                 "CpuCount": 0,
                     *                 "CpuPercent": 0,
                     *                 "IOMaximumIOps": 0,
                     *                 "IOMaximumBandwidth": 0,
                     *                 "MaskedPaths": null,
                     *                 "ReadonlyPaths": null
                     *               },
                     *               "networkingConfig": {
                     *                 "EndpointsConfig": null
                     *               },
                     *               "platform": {
                     *                 "architecture": "",
                     *                 "os": ""
                     *               },
                     *               "containerName": "foo-7"
                     *             }
                     *           },
                     *           {
                     *             "version": 6,
                     *             "createTime": "2024-01-22 06:37:05",
                     *             "status": {
                     *               "version": 6,
                     *               "createTime": "2024-01-22 06:37:05",
                     *               "config": {
                     *                 "Hostname": "",
                     *                 "Domainname": "",
                     *                 "User": "",
                     *                 "AttachStdin": false,
                     *                 "AttachStdout": false,
                     *                 "AttachStderr": false,
                     *                 "ExposedPorts": {
                     *                   "22/tcp": {},
                     *                   "443/tcp": {}
                     *                 },
                     *                 "Tty": true,
                     *                 "OpenStdin": true,
                     *                 "StdinOnce": false,
                     *                 "Env": [
                     *                   "USER=foo",
                     *                   "CONTAINER_VERSION=6"
                     *                 ],
                     *                 "Cmd": null,
                     *                 "Image": "nvidia/cuda:10.0-base",
                     *                 "Volumes": null,
                     *                 "WorkingDir": "",
                     *                 "Entrypoint": null,
                     *                 "OnBuild": null,
                     *                 "Labels": null
                     *               },
                     *               "hostConfig": {
                     *                 "Binds": [
                     *                   "veil-0:/root/veil-0",
                     *                   "/mynfs/data/ctr-knock:/root/data/ctr-knock"
                     *                 ],
                     *                 "ContainerIDFile": "",
                     *                 "LogConfig": {
                     *                   "Type": "",
                     *                   "Config": null
                     *                 },
                     *                 "NetworkMode": "",
                     *                 "PortBindings": {
                     *                   "22/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40004"
                     *                     }
                     *                   ],
                     *                   "443/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40005"
                     *                     }
                     *                   ]
                     *                 },
                     *                 "RestartPolicy": {
                     *                   "Name": "",
                     *                   "MaximumRetryCount": 0
                     *                 },
                     *                 "AutoRemove": false,
                     *                 "VolumeDriver": "",
                     *                 "VolumesFrom": null,
                     *                 "ConsoleSize": [
                     *                   0,
                     *                   0
                     *                 ],
                     *                 "CapAdd": null,
                     *                 "CapDrop": null,
                     *                 "CgroupnsMode": "",
                     *                 "Dns": null,
                     *                 "DnsOptions": null,
                     *                 "DnsSearch": null,
                     *                 "ExtraHosts": null,
                     *                 "GroupAdd": null,
                     *                 "IpcMode": "",
                     *                 "Cgroup": "",
                     *                 "Links": null,
                     *                 "OomScoreAdj": 0,
                     *                 "PidMode": "",
                     *                 "Privileged": false,
                     *                 "PublishAllPorts": false,
                     *                 "ReadonlyRootfs": false,
                     *                 "SecurityOpt": null,
                     *                 "UTSMode": "",
                     *                 "UsernsMode": "",
                     *                 "ShmSize": 0,
                     *                 "Isolation": "",
                     *                 "CpuShares": 0,
                     *                 "Memory": 0,
                     *                 "NanoCpus": 0,
                     *                 "CgroupParent": "",
                     *                 "BlkioWeight": 0,
                     *                 "BlkioWeightDevice": null,
                     *                 "BlkioDeviceReadBps": null,
                     *                 "BlkioDeviceWriteBps": null,
                     *                 "BlkioDeviceReadIOps": null,
                     *                 "BlkioDeviceWriteIOps": null,
                     *                 "CpuPeriod": 0,
                     *                 "CpuQuota": 0,
                     *                 "CpuRealtimePeriod": 0,
                     *                 "CpuRealtimeRuntime": 0,
                     *                 "CpusetCpus": "",
                     *                 "CpusetMems": "",
                     *                 "Devices": null,
                     *                 "DeviceCgroupRules": null,
                     *                 "DeviceRequests": [
                     *                   {
                     *                     "Driver": "nvidia",
                     *                     "Count": 0,
                     *                     "DeviceIDs": [
                     *                       "GPU-bc85a406-0357-185f-a56c-afb49572bdbe",
                     *                       "GPU-c6b3ca5f-c1ac-8171-582b-737b70a6bbce",
                     *                       "GPU-dc6d913c-8df4-a9a4-49e6-b82fcba5a6f9"
                     *                     ],
                     *                     "Capabilities": [
                     *                       [
                     *                         "gpu"
                     *                       ]
                     *                     ],
                     *                     "Options": null
                     *                   }
                     *                 ],
                     *                 "MemoryReservation": 0,
                     *                 "MemorySwap": 0,
                     *                 "MemorySwappiness": null,
                     *                 "OomKillDisable": null,
                     *                 "PidsLimit": null,
                     *                 "Ulimits": null,
                     *                 "CpuCount": 0,
                     *                 "CpuPercent": 0,
                     *                 "IOMaximumIOps": 0,
                     *                 "IOMaximumBandwidth": 0,
                     *                 "MaskedPaths": null,
                     *                 "ReadonlyPaths": null
                     *               },
                     *               "networkingConfig": {
                     *                 "EndpointsConfig": null
                     *               },
                     *               "platform": {
                     *                 "architecture": "",
                     *                 "os": ""
                     *               },
                     *               "containerName": "foo-6"
                     *             }
                     *           },
                     *           {
                     *             "version": 5,
                     *             "createTime": "2024-01-22 06:36:32",
                     *             "status": {
                     *               "version": 5,
                     *               "createTime": "2024-01-22 06:36:32",
                     *               "config": {
                     *                 "Hostname": "",
                     *                 "Domainname": "",
                     *                 "User": "",
                     *                 "AttachStdin": false,
                     *                 "AttachStdout": false,
                     *                 "AttachStderr": false,
                     *                 "ExposedPorts": {
                     *                   "22/tcp": {},
                     *                   "443/tcp": {}
                     *                 },
                     *                 "Tty": true,
                     *                 "OpenStdin": true,
                     *                 "StdinOnce": false,
                     *                 "Env": [
                     *                   "USER=foo",
                     *                   "CONTAINER_VERSION=5"
                     *                 ],
                     *                 "Cmd": null,
                     *                 "Image": "nvidia/cuda:10.0-base",
                     *                 "Volumes": null,
                     *                 "WorkingDir": "",
                     *                 "Entrypoint": null,
                     *                 "OnBuild": null,
                     *                 "Labels": null
                     *               },
                     *               "hostConfig": {
                     *                 "Binds": [
                     *                   "veil-1:/root/veil-1",
                     *                   "/mynfs/data/ctr-knock:/root/data/ctr-knock"
                     *                 ],
                     *                 "ContainerIDFile": "",
                     *                 "LogConfig": {
                     *                   "Type": "",
                     *                   "Config": null
                     *                 },
                     *                 "NetworkMode": "",
                     *                 "PortBindings": {
                     *                   "22/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40000"
                     *                     }
                     *                   ],
                     *                   "443/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40001"
                     *                     }
                     *                   ]
                     *                 },
                     *                 "RestartPolicy": {
                     *                   "Name": "",
                     *                   "MaximumRetryCount": 0
                     *                 },
                     *                 "AutoRemove": false,
                     *                 "VolumeDriver": "",
                     *                 "VolumesFrom": null,
                     *                 "ConsoleSize": [
                     *                   0,
                     *                   0
                     *                 ],
                     *                 "CapAdd": null,
                     *                 "CapDrop": null,
                     *                 "CgroupnsMode": "",
                     *                 "Dns": null,
                     *                 "DnsOptions": null,
                     *                 "DnsSearch": null,
                     *                 "ExtraHosts": null,
                     *                 "GroupAdd": null,
                     *                 "IpcMode": "",
                     *                 "Cgroup": "",
                     *                 "Links": null,
                     *                 "OomScoreAdj": 0,
                     *                 "PidMode": "",
                     *                 "Privileged": false,
                     *                 "PublishAllPorts": false,
                     *                 "ReadonlyRootfs": false,
                     *                 "SecurityOpt": null,
                     *                 "UTSMode": "",
                     *                 "UsernsMode": "",
                     *                 "ShmSize": 0,
                     *                 "Isolation": "",
                     *                 "CpuShares": 0,
                     *                 "Memory": 0,
                     *                 "NanoCpus": 0,
                     *                 "CgroupParent": "",
                     *                 "BlkioWeight": 0,
                     *                 "BlkioWeightDevice": null,
                     *                 "BlkioDeviceReadBps": null,
                     *                 "BlkioDeviceWriteBps": null,
                     *                 "BlkioDeviceReadIOps": null,
                     *                 "BlkioDeviceWriteIOps": null,
                     *                 "CpuPeriod": 0,
                     *                 "CpuQuota": 0,
                     *                 "CpuRealtimePeriod": 0,
                     *                 "CpuRealtimeRuntime": 0,
                     *                 "CpusetCpus": "",
                     *                 "CpusetMems": "",
                     *                 "Devices": null,
                     *                 "DeviceCgroupRules": null,
                     *                 "DeviceRequests": [
                     *                   {
                     *                     "Driver": "nvidia",
                     *                     "Count": 0,
                     *                     "DeviceIDs": [
                     *                       "GPU-bc85a406-0357-185f-a56c-afb49572bdbe",
                     *                       "GPU-c6b3ca5f-c1ac-8171-582b-737b70a6bbce",
                     *                       "GPU-dc6d913c-8df4-a9a4-49e6-b82fcba5a6f9"
                     *                     ],
                     *                     "Capabilities": [
                     *                       [
                     *                         "gpu"
                     *                       ]
                     *                     ],
                     *                     "Options": null
                     *                   }
                     *                 ],
                     *                 "MemoryReservation": 0,
                     *                 "MemorySwap": 0,
                     *                 "MemorySwappiness": null,
                     *                 "OomKillDisable": null,
                     *                 "PidsLimit": null,
                     *                 "Ulimits": null,
                     *                 "CpuCount": 0,
                     *                 "CpuPercent": 0,
                     *                 "IOMaximumIOps": 0,
                     *                 "IOMaximumBandwidth": 0,
                     *                 "MaskedPaths": null,
                     *                 "ReadonlyPaths": null
                     *               },
                     *               "networkingConfig": {
                     *                 "EndpointsConfig": null
                     *               },
                     *               "platform": {
                     *                 "architecture": "",
                     *                 "os": ""
                     *               },
                     *               "containerName": "foo-5"
                     *             }
                     *           },
                     *           {
                     *             "version": 4,
                     *             "createTime": "2024-01-22 06:34:20",
                     *             "status": {
                     *               "version": 4,
                     *               "createTime": "2024-01-22 06:34:20",
                     *               "config": {
                     *                 "Hostname": "",
                     *                 "Domainname": "",
                     *                 "User": "",
                     *                 "AttachStdin": false,
                     *                 "AttachStdout": false,
                     *                 "AttachStderr": false,
                     *                 "ExposedPorts": {
                     *                   "22/tcp": {},
                     *                   "443/tcp": {}
                     *                 },
                     *                 "Tty": true,
                     *                 "OpenStdin": true,
                     *                 "StdinOnce": false,
                     *                 "Env": [
                     *                   "USER=foo",
                     *                   "CONTAINER_VERSION=4"
                     *                 ],
                     *                 "Cmd": null,
                     *                 "Image": "nvidia/cuda:10.0-base",
                     *                 "Volumes": null,
                     *                 "WorkingDir": "",
                     *                 "Entrypoint": null,
                     *                 "OnBuild": null,
                     *                 "Labels": null
                     *               },
                     *               "hostConfig": {
                     *                 "Binds": [
                     *                   "veil-0:/root/veil-0",
                     *                   "/mynfs/data/ctr-knock:/root/data/ctr-knock"
                     *                 ],
                     *                 "ContainerIDFile": "",
                     *                 "LogConfig": {
                     *                   "Type": "",
                     *                   "Config": null
                     *                 },
                     *                 "NetworkMode": "",
                     *                 "PortBindings": {
                     *                   "22/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40004"
                     *                     }
                     *                   ],
                     *                   "443/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40005"
                     *                     }
                     *                   ]
                     *                 },
                     *                 "RestartPolicy": {
                     *                   "Name": "",
                     *                   "MaximumRetryCount": 0
                     *                 },
                     *                 "AutoRemove": false,
                     *                 "VolumeDriver": "",
                     *                 "VolumesFrom": null,
                     *                 "ConsoleSize": [
                     *                   0,
                     *                   0
                     *                 ],
                     *                 "CapAdd": null,
                     *                 "CapDrop": null,
                     *                 "CgroupnsMode": "",
                     *                 "Dns": null,
                     *                 "DnsOptions": null,
                     *                 "DnsSearch": null,
                     *                 "ExtraHosts": null,
                     *                 "GroupAdd": null,
                     *                 "IpcMode": "",
                     *                 "Cgroup": "",
                     *                 "Links": null,
                     *                 "OomScoreAdj": 0,
                     *                 "PidMode": "",
                     *                 "Privileged": false,
                     *                 "PublishAllPorts": false,
                     *                 "ReadonlyRootfs": false,
                     *                 "SecurityOpt": null,
                     *                 "UTSMode": "",
                     *                 "UsernsMode": "",
                     *                 "ShmSize": 0,
                     *                 "Isolation": "",
                     *                 "CpuShares": 0,
                     *                 "Memory": 0,
                     *                 "NanoCpus": 0,
                     *                 "CgroupParent": "",
                     *                 "BlkioWeight": 0,
                     *                 "BlkioWeightDevice": null,
                     *                 "BlkioDeviceReadBps": null,
                     *                 "BlkioDeviceWriteBps": null,
                     *                 "BlkioDeviceReadIOps": null,
                     *                 "BlkioDeviceWriteIOps": null,
                     *                 "CpuPeriod": 0,
                     *                 "CpuQuota": 0,
                     *                 "CpuRealtimePeriod": 0,
                     *                 "CpuRealtimeRuntime": 0,
                     *                 "CpusetCpus": "",
                     *                 "CpusetMems": "",
                     *                 "Devices": null,
                     *                 "DeviceCgroupRules": null,
                     *                 "DeviceRequests": [
                     *                   {
                     *                     "Driver": "nvidia",
                     *                     "Count": 0,
                     *                     "DeviceIDs": [
                     *                       "GPU-bc85a406-0357-185f-a56c-afb49572bdbe",
                     *                       "GPU-c6b3ca5f-c1ac-8171-582b-737b70a6bbce",
                     *                       "GPU-dc6d913c-8df4-a9a4-49e6-b82fcba5a6f9"
                     *                     ],
                     *                     "Capabilities": [
                     *                       [
                     *                         "gpu"
                     *                       ]
                     *                     ],
                     *                     "Options": null
                     *                   }
                     *                 ],
                     *                 "MemoryReservation": 0,
                     *                 "MemorySwap": 0,
                     *                 "MemorySwappiness": null,
                     *                 "OomKillDisable": null,
                     *                 "PidsLimit": null,
                     *                 "Ulimits": null,
                     *                 "CpuCount": 0,
                     *                 "CpuPercent": 0,
                     *                 "IOMaximumIOps": 0,
                     *                 "IOMaximumBandwidth": 0,
                     *                 "MaskedPaths": null,
                     *                 "ReadonlyPaths": null
                     *               },
                     *               "networkingConfig": {
                     *                 "EndpointsConfig": null
                     *               },
                     *               "platform": {
                     *                 "architecture": "",
                     *                 "os": ""
                     *               },
                     *               "containerName": "foo-4"
                     *             }
                     *           },
                     *           {
                     *             "version": 3,
                     *             "createTime": "2024-01-22 06:07:48",
                     *             "status": {
                     *               "version": 3,
                     *               "createTime": "2024-01-22 06:07:48",
                     *               "config": {
                     *                 "Hostname": "",
                     *                 "Domainname": "",
                     *                 "User": "",
                     *                 "AttachStdin": false,
                     *                 "AttachStdout": false,
                     *                 "AttachStderr": false,
                     *                 "ExposedPorts": {
                     *                   "22/tcp": {},
                     *                   "443/tcp": {}
                     *                 },
                     *                 "Tty": true,
                     *                 "OpenStdin": true,
                     *                 "StdinOnce": false,
                     *                 "Env": [
                     *                   "USER=foo",
                     *                   "CONTAINER_VERSION=3"
                     *                 ],
                     *                 "Cmd": null,
                     *                 "Image": "nvidia/cuda:10.0-base",
                     *                 "Volumes": null,
                     *                 "WorkingDir": "",
                     *                 "Entrypoint": null,
                     *                 "OnBuild": null,
                     *                 "Labels": null
                     *               },
                     *               "hostConfig": {
                     *                 "Binds": [
                     *                   "veil-1:/root/veil-1",
                     *                   "/mynfs/data/ctr-knock:/root/data/ctr-knock"
                     *                 ],
                     *                 "ContainerIDFile": "",
                     *                 "LogConfig": {
                     *                   "Type": "",
                     *                   "Config": null
                     *                 },
                     *                 "NetworkMode": "",
                     *                 "PortBindings": {
                     *                   "22/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40000"
                     *                     }
                     *                   ],
                     *                   "443/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40001"
                     *                     }
                     *                   ]
                     *                 },
                     *                 "RestartPolicy": {
                     *                   "Name": "",
                     *                   "MaximumRetryCount": 0
                     *                 },
                     *                 "AutoRemove": false,
                     *                 "VolumeDriver": "",
                     *                 "VolumesFrom": null,
                     *                 "ConsoleSize": [
                     *                   0,
                     *                   0
                     *                 ],
                     *                 "CapAdd": null,
                     *                 "CapDrop": null,
                     *                 "CgroupnsMode": "",
                     *                 "Dns": null,
                     *                 "DnsOptions": null,
                     *                 "DnsSearch": null,
                     *                 "ExtraHosts": null,
                     *                 "GroupAdd": null,
                     *                 "IpcMode": "",
                     *                 "Cgroup": "",
                     *                 "Links": null,
                     *                 "OomScoreAdj": 0,
                     *                 "PidMode": "",
                     *                 "Privileged": false,
                     *                 "PublishAllPorts": false,
                     *                 "ReadonlyRootfs": false,
                     *                 "SecurityOpt": null,
                     *                 "UTSMode": "",
                     *                 "UsernsMode": "",
                     *                 "ShmSize": 0,
                     *                 "Isolation": "",
                     *                 "CpuShares": 0,
                     *                 "Memory": 0,
                     *                 "NanoCpus": 0,
                     *                 "CgroupParent": "",
                     *                 "BlkioWeight": 0,
                     *                 "BlkioWeightDevice": null,
                     *                 "BlkioDeviceReadBps": null,
                     *                 "BlkioDeviceWriteBps": null,
                     *                 "BlkioDeviceReadIOps": null,
                     *                 "BlkioDeviceWriteIOps": null,
                     *                 "CpuPeriod": 0,
                     *                 "CpuQuota": 0,
                     *                 "CpuRealtimePeriod": 0,
                     *                 "CpuRealtimeRuntime": 0,
                     *                 "CpusetCpus": "",
                     *                 "CpusetMems": "",
                     *                 "Devices": null,
                     *                 "DeviceCgroupRules": null,
                     *                 "DeviceRequests": [
                     *                   {
                     *                     "Driver": "nvidia",
                     *                     "Count": 0,
                     *                     "DeviceIDs": [
                     *                       "GPU-dc6d913c-8df4-a9a4-49e6-b82fcba5a6f9",
                     *                       "GPU-bc85a406-0357-185f-a56c-afb49572bdbe",
                     *                       "GPU-c6b3ca5f-c1ac-8171-582b-737b70a6bbce"
                     *                     ],
                     *                     "Capabilities": [
                     *                       [
                     *                         "gpu"
                     *                       ]
                     *                     ],
                     *                     "Options": null
                     *                   }
                     *                 ],
                     *                 "MemoryReservation": 0,
                     *                 "MemorySwap": 0,
                     *                 "MemorySwappiness": null,
                     *                 "OomKillDisable": null,
                     *                 "PidsLimit": null,
                     *                 "Ulimits": null,
                     *                 "CpuCount": 0,
                     *                 "CpuPercent": 0,
                     *                 "IOMaximumIOps": 0,
                     *                 "IOMaximumBandwidth": 0,
                     *                 "MaskedPaths": null,
                     *                 "ReadonlyPaths": null
                     *               },
                     *               "networkingConfig": {
                     *                 "EndpointsConfig": null
                     *               },
                     *               "platform": {
                     *                 "architecture": "",
                     *                 "os": ""
                     *               },
                     *               "containerName": "foo-3"
                     *             }
                     *           },
                     *           {
                     *             "version": 2,
                     *             "createTime": "2024-01-22 06:07:34",
                     *             "status": {
                     *               "version": 2,
                     *               "createTime": "2024-01-22 06:07:34",
                     *               "config": {
                     *                 "Hostname": "",
                     *                 "Domainname": "",
                     *                 "User": "",
                     *                 "AttachStdin": false,
                     *                 "AttachStdout": false,
                     *                 "AttachStderr": false,
                     *                 "ExposedPorts": {
                     *                   "22/tcp": {},
                     *                   "443/tcp": {}
                     *                 },
                     *                 "Tty": true,
                     *                 "OpenStdin": true,
                     *                 "StdinOnce": false,
                     *                 "Env": [
                     *                   "USER=foo",
                     *                   "CONTAINER_VERSION=2"
                     *                 ],
                     *                 "Cmd": null,
                     *                 "Image": "nvidia/cuda:10.0-base",
                     *                 "Volumes": null,
                     *                 "WorkingDir": "",
                     *                 "Entrypoint": null,
                     *                 "OnBuild": null,
                     *                 "Labels": null
                     *               },
                     *               "hostConfig": {
                     *                 "Binds": [
                     *                   "veil-1:/root/veil-1",
                     *                   "/mynfs/data/ctr-knock:/root/data/ctr-knock"
                     *                 ],
                     *                 "ContainerIDFile": "",
                     *                 "LogConfig": {
                     *                   "Type": "",
                     *                   "Config": null
                     *                 },
                     *                 "NetworkMode": "",
                     *                 "PortBindings": {
                     *                   "22/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40002"
                     *                     }
                     *                   ],
                     *                   "443/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40003"
                     *                     }
                     *                   ]
                     *                 },
                     *                 "RestartPolicy": {
                     *                   "Name": "",
                     *                   "MaximumRetryCount": 0
                     *                 },
                     *                 "AutoRemove": false,
                     *                 "VolumeDriver": "",
                     *                 "VolumesFrom": null,
                     *                 "ConsoleSize": [
                     *                   0,
                     *                   0
                     *                 ],
                     *                 "CapAdd": null,
                     *                 "CapDrop": null,
                     *                 "CgroupnsMode": "",
                     *                 "Dns": null,
                     *                 "DnsOptions": null,
                     *                 "DnsSearch": null,
                     *                 "ExtraHosts": null,
                     *                 "GroupAdd": null,
                     *                 "IpcMode": "",
                     *                 "Cgroup": "",
                     *                 "Links": null,
                     *                 "OomScoreAdj": 0,
                     *                 "PidMode": "",
                     *                 "Privileged": false,
                     *                 "PublishAllPorts": false,
                     *                 "ReadonlyRootfs": false,
                     *                 "SecurityOpt": null,
                     *                 "UTSMode": "",
                     *                 "UsernsMode": "",
                     *                 "ShmSize": 0,
                     *                 "Isolation": "",
                     *                 "CpuShares": 0,
                     *                 "Memory": 0,
                     *                 "NanoCpus": 0,
                     *                 "CgroupParent": "",
                     *                 "BlkioWeight": 0,
                     *                 "BlkioWeightDevice": null,
                     *                 "BlkioDeviceReadBps": null,
                     *                 "BlkioDeviceWriteBps": null,
                     *                 "BlkioDeviceReadIOps": null,
                     *                 "BlkioDeviceWriteIOps": null,
                     *                 "CpuPeriod": 0,
                     *                 "CpuQuota": 0,
                     *                 "CpuRealtimePeriod": 0,
                     *                 "CpuRealtimeRuntime": 0,
                     *                 "CpusetCpus": "",
                     *                 "CpusetMems": "",
                     *                 "Devices": null,
                     *                 "DeviceCgroupRules": null,
                     *                 "DeviceRequests": [
                     *                   {
                     *                     "Driver": "nvidia",
                     *                     "Count": 0,
                     *                     "DeviceIDs": [
                     *                       "GPU-dc6d913c-8df4-a9a4-49e6-b82fcba5a6f9"
                     *                     ],
                     *                     "Capabilities": [
                     *                       [
                     *                         "gpu"
                     *                       ]
                     *                     ],
                     *                     "Options": null
                     *                   }
                     *                 ],
                     *                 "MemoryReservation": 0,
                     *                 "MemorySwap": 0,
                     *                 "MemorySwappiness": null,
                     *                 "OomKillDisable": null,
                     *                 "PidsLimit": null,
                     *                 "Ulimits": null,
                     *                 "CpuCount": 0,
                     *                 "CpuPercent": 0,
                     *                 "IOMaximumIOps": 0,
                     *                 "IOMaximumBandwidth": 0,
                     *                 "MaskedPaths": null,
                     *                 "ReadonlyPaths": null
                     *               },
                     *               "networkingConfig": {
                     *                 "EndpointsConfig": null
                     *               },
                     *               "platform": {
                     *                 "architecture": "",
                     *                 "os": ""
                     *               },
                     *               "containerName": "foo-2"
                     *             }
                     *           },
                     *           {
                     *             "version": 1,
                     *             "createTime": "2024-01-22 05:56:48",
                     *             "status": {
                     *               "version": 1,
                     *               "createTime": "2024-01-22 05:56:48",
                     *               "config": {
                     *                 "Hostname": "",
                     *                 "Domainname": "",
                     *                 "User": "",
                     *                 "AttachStdin": false,
                     *                 "AttachStdout": false,
                     *                 "AttachStderr": false,
                     *                 "ExposedPorts": {
                     *                   "22/tcp": {},
                     *                   "443/tcp": {}
                     *                 },
                     *                 "Tty": true,
                     *                 "OpenStdin": true,
                     *                 "StdinOnce": false,
                     *                 "Env": [
                     *                   "USER=foo",
                     *                   "CONTAINER_VERSION=1"
                     *                 ],
                     *                 "Cmd": null,
                     *                 "Image": "nvidia/cuda:10.0-base",
                     *                 "Volumes": null,
                     *                 "WorkingDir": "",
                     *                 "Entrypoint": null,
                     *                 "OnBuild": null,
                     *                 "Labels": null
                     *               },
                     *               "hostConfig": {
                     *                 "Binds": [
                     *                   "veil-0:/root/veil-0",
                     *                   "/mynfs/data/ctr-knock:/root/data/ctr-knock"
                     *                 ],
                     *                 "ContainerIDFile": "",
                     *                 "LogConfig": {
                     *                   "Type": "",
                     *                   "Config": null
                     *                 },
                     *                 "NetworkMode": "",
                     *                 "PortBindings": {
                     *                   "22/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40000"
                     *                     }
                     *                   ],
                     *                   "443/tcp": [
                     *                     {
                     *                       "HostIp": "",
                     *                       "HostPort": "40001"
                     *                     }
                     *                   ]
                     *                 },
                     *                 "RestartPolicy": {
                     *                   "Name": "",
                     *                   "MaximumRetryCount": 0
                     *                 },
                     *                 "AutoRemove": false,
                     *                 "VolumeDriver": "",
                     *                 "VolumesFrom": null,
                     *                 "ConsoleSize": [
                     *                   0,
                     *                   0
                     *                 ],
                     *                 "CapAdd": null,
                     *                 "CapDrop": null,
                     *                 "CgroupnsMode": "",
                     *                 "Dns": null,
                     *                 "DnsOptions": null,
                     *                 "DnsSearch": null,
                     *                 "ExtraHosts": null,
                     *                 "GroupAdd": null,
                     *                 "IpcMode": "",
                     *                 "Cgroup": "",
                     *                 "Links": null,
                     *                 "OomScoreAdj": 0,
                     *                 "PidMode": "",
                     *                 "Privileged": false,
                     *                 "PublishAllPorts": false,
                     *                 "ReadonlyRootfs": false,
                     *                 "SecurityOpt": null,
                     *                 "UTSMode": "",
                     *                 "UsernsMode": "",
                     *                 "ShmSize": 0,
                     *                 "Isolation": "",
                     *                 "CpuShares": 0,
                     *                 "Memory": 0,
                     *                 "NanoCpus": 0,
                     *                 "CgroupParent": "",
                     *                 "BlkioWeight": 0,
                     *                 "BlkioWeightDevice": null,
                     *                 "BlkioDeviceReadBps": null,
                     *                 "BlkioDeviceWriteBps": null,
                     *                 "BlkioDeviceReadIOps": null,
                     *                 "BlkioDeviceWriteIOps": null,
                     *                 "CpuPeriod": 0,
                     *                 "CpuQuota": 0,
                     *                 "CpuRealtimePeriod": 0,
                     *                 "CpuRealtimeRuntime": 0,
                     *                 "CpusetCpus": "",
                     *                 "CpusetMems": "",
                     *                 "Devices": null,
                     *                 "DeviceCgroupRules": null,
                     *                 "DeviceRequests": [
                     *                   {
                     *                     "Driver": "nvidia",
                     *                     "Count": 0,
                     *                     "DeviceIDs": [
                     *                       "GPU-bc85a406-0357-185f-a56c-afb49572bdbe",
                     *                       "GPU-c6b3ca5f-c1ac-8171-582b-737b70a6bbce",
                     *                       "GPU-dc6d913c-8df4-a9a4-49e6-b82fcba5a6f9"
                     *                     ],
                     *                     "Capabilities": [
                     *                       [
                     *                         "gpu"
                     *                       ]
                     *                     ],
                     *                     "Options": null
                     *                   }
                     *                 ],
                     *                 "MemoryReservation": 0,
                     *                 "MemorySwap": 0,
                     *                 "MemorySwappiness": null,
                     *                 "OomKillDisable": null,
                     *                 "PidsLimit": null,
                     *                 "Ulimits": null,
                     *                 "CpuCount": 0,
                     *                 "CpuPercent": 0,
                     *                 "IOMaximumIOps": 0,
                     *                 "IOMaximumBandwidth": 0,
                     *                 "MaskedPaths": null,
                     *                 "ReadonlyPaths": null
                     *               },
                     *               "networkingConfig": {
                     *                 "EndpointsConfig": null
                     *               },
                     *               "platform": {
                     *                 "architecture": "",
                     *                 "os": ""
                     *               },
                     *               "containerName": "foo-1"
                     *             }
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
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
                                status: components["schemas"]["ReplicaSetInfo"];
                            }[];
                            /** @description There are older versions: the `before` of the next page. */
                            next?: number;
                        };
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listVolumes: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-At-Sequence": components["headers"]["X-At-Sequence"];
                    "X-At-Time": components["headers"]["X-At-Time"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "volumes": [
                     *           {
                     *             "name": "data",
                     *             "version": 1,
                     *             "volumeName": "data-1",
                     *             "size": "20GB",
                     *             "enforced": false,
                     *             "state": "ready",
                     *             "mountedBy": [
                     *               "eval"
                     *             ],
                     *             "createTime": "2026-11-26T06:23:51.990Z",
                     *             "operation": null
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            volumes: components["schemas"]["Volume"][];
                        };
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    createVolume: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "bar",
                 *       "size": "20GB"
                 *     }
                 */
                "application/json": components["schemas"]["CreateVolumeBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "name": "bar-1",
                     *         "size": "20GB"
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    getVolume: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    "X-At-Sequence": components["headers"]["X-At-Sequence"];
                    "X-At-Time": components["headers"]["X-At-Time"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "Info": {
                     *           "version": 1,
                     *           "createTime": "2024-01-23 02:07:31",
                     *           "opt": {
                     *             "Driver": "local",
                     *             "DriverOpts": {
                     *               "size": "20GB"
                     *             },
                     *             "Name": "bar-1"
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            Info: components["schemas"]["VolumeInfo"];
                        };
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteVolume: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": null
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    resizeVolume: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key of the same actor with the same request gets the first answer again; 422 with another. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of an info: 412 when somebody changed it since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "size": "50GB"
                 *     }
                 */
                "application/json": components["schemas"]["ResizeVolumeBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "name": "bar-2",
                     *         "size": "50GB"
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    getVolumeHistory: {
        parameters: {
            query?: {
                /** @description Versions a page. */
                limit?: number;
                /** @description Only versions whose number is lower: the `next` of the page before. */
                before?: number;
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-At-Sequence": components["headers"]["X-At-Sequence"];
                    "X-At-Time": components["headers"]["X-At-Time"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "history": [
                     *           {
                     *             "version": 2,
                     *             "createTime": "2024-01-23 02:17:30",
                     *             "status": {
                     *               "version": 2,
                     *               "createTime": "2024-01-23 02:17:30",
                     *               "opt": {
                     *                 "Driver": "local",
                     *                 "DriverOpts": {
                     *                   "size": "50GB"
                     *                 },
                     *                 "Name": "bar-2"
                     *               }
                     *             }
                     *           },
                     *           {
                     *             "version": 1,
                     *             "createTime": "2024-01-23 02:17:28",
                     *             "status": {
                     *               "version": 1,
                     *               "createTime": "2024-01-23 02:17:28",
                     *               "opt": {
                     *                 "Driver": "local",
                     *                 "DriverOpts": {
                     *                   "size": "20GB"
                     *                 },
                     *                 "Name": "bar-1"
                     *               }
                     *             }
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
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
                                status: components["schemas"]["VolumeInfo"];
                            }[];
                            /** @description There are older versions: the `before` of the next page. */
                            next?: number;
                        };
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getDiskUsage: {
        parameters: {
            query?: {
                /** @description Only this one, with up to 2,000 of its versions. */
                replicaSet?: string;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "disks": {
                     *           "countedAt": "2026-11-26T06:23:54.228Z",
                     *           "room": {
                     *             "path": "/var/lib/docker",
                     *             "total": 270553174016,
                     *             "free": 70001446912,
                     *             "usedRatio": 0.35745650906724064
                     *           },
                     *           "total": {
                     *             "disks": 0,
                     *             "containers": 0,
                     *             "anonymousVolumes": 0,
                     *             "volumes": 0
                     *           },
                     *           "replicaSets": [
                     *             {
                     *               "name": "eval",
                     *               "disks": 0,
                     *               "waiting": 0,
                     *               "container": 0,
                     *               "anonymousVolumes": 0,
                     *               "versions": []
                     *             },
                     *             {
                     *               "name": "train",
                     *               "disks": 0,
                     *               "waiting": 0,
                     *               "container": 0,
                     *               "anonymousVolumes": 0,
                     *               "versions": []
                     *             }
                     *           ],
                     *           "volumes": [
                     *             {
                     *               "name": "data",
                     *               "version": 1,
                     *               "bytes": 0
                     *             }
                     *           ]
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            disks: components["schemas"]["DiskUsage"];
                        };
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getGpuUsage: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-At-Sequence": components["headers"]["X-At-Sequence"];
                    "X-At-Time": components["headers"]["X-At-Time"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "gpus": {
                     *           "GPU-04adce59-e7fc-19ed-6800-bc09e5f8fa31": 0,
                     *           "GPU-281d9730-5a26-7c56-12fb-3a3d5a24ab68": 0,
                     *           "GPU-36009026-9470-a2e0-73d3-222a63b82e4e": 0,
                     *           "GPU-7a42be89-64fe-5383-c7be-49d199a96b3d": 0,
                     *           "GPU-82fbe07b-200b-1d4c-4fbe-b0b54db86be5": 0,
                     *           "GPU-bc85a406-0357-185f-a56c-afb49572bdbe": 0,
                     *           "GPU-c6b3ca5f-c1ac-8171-582b-737b70a6bbce": 0,
                     *           "GPU-dc6d913c-8df4-a9a4-49e6-b82fcba5a6f9": 0
                     *         }
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listGpus: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-At-Sequence": components["headers"]["X-At-Sequence"];
                    "X-At-Time": components["headers"]["X-At-Time"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "gpus": [
                     *           {
                     *             "gpu": "GPU-16b66ef9-7219-8bf4-2425-b186df8a0ed1",
                     *             "index": 0,
                     *             "name": "simulated",
                     *             "memoryMiB": 81920,
                     *             "present": true,
                     *             "holder": "train"
                     *           },
                     *           {
                     *             "gpu": "GPU-77a40aed-a22a-8f31-73f8-b1214030a6c7",
                     *             "index": 1,
                     *             "name": "simulated",
                     *             "memoryMiB": 81920,
                     *             "present": true,
                     *             "holder": "eval"
                     *           },
                     *           {
                     *             "gpu": "GPU-7eff67da-d183-2ce5-2c01-0a266f7d3767",
                     *             "index": 2,
                     *             "name": "simulated",
                     *             "memoryMiB": 81920,
                     *             "present": true,
                     *             "holder": null
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            /** @description By index; also those that the host has no more. */
                            gpus: components["schemas"]["Gpu"][];
                        };
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listHosts: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-At-Sequence": components["headers"]["X-At-Sequence"];
                    "X-At-Time": components["headers"]["X-At-Time"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "hosts": [
                     *           {
                     *             "name": "gpu-box-1",
                     *             "machine": "gpu-box-1",
                     *             "hostId": "be4df1b7-5e90-4a5d-8f56-aaca2d8764b2",
                     *             "machineId": "5d2c1f0e8a7b4c39a6f1d2e3b4c5a697",
                     *             "engineId": "RXMJ:5VXD:OGRZ:P7NQ:5F5A:HMZU:VYAK:AMY5:BLIF:DEKI:E3EV:FWB3",
                     *             "dataRoot": "/var/lib/docker",
                     *             "storageDriver": "overlay2",
                     *             "gpus": 4
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            /** @description The hosts of the log, with what each is bound to. */
                            hosts: components["schemas"]["Host"][];
                        };
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getPortUsage: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-At-Sequence": components["headers"]["X-At-Sequence"];
                    "X-At-Time": components["headers"]["X-At-Time"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "ports": {
                     *           "StartPort": 40000,
                     *           "EndPort": 65535,
                     *           "AvailableCount": 25536,
                     *           "UsedPortSet": {
                     *             "40000": {},
                     *             "40001": {}
                     *           }
                     *         }
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getGpuTime: {
        parameters: {
            query?: {
                /** @description Where the span begins: a time or a sequence. Default: the beginning of the log. */
                from?: string;
                /** @description Where it ends, itself not included. Default, and at most: now. */
                to?: string;
                /** @description Accept: text/csv does the same. */
                format?: "json" | "csv";
                /** @description What is summed up. An actor is who ordered the allocation, a day is UTC. */
                by?: "replicaSet" | "gpu" | "actor" | "day";
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "from": "2026-11-26T06:23:39.201Z",
                     *         "to": "2026-11-26T06:23:56.322Z",
                     *         "by": "replicaSet",
                     *         "rows": [
                     *           {
                     *             "replicaSet": "train",
                     *             "gpuSeconds": 17.501,
                     *             "gpuHours": 0.004861,
                     *             "gpuMs": 17501,
                     *             "holdings": 2
                     *           },
                     *           {
                     *             "replicaSet": "eval",
                     *             "gpuSeconds": 4.264,
                     *             "gpuHours": 0.001184,
                     *             "gpuMs": 4264,
                     *             "holdings": 1
                     *           }
                     *         ],
                     *         "total": {
                     *           "gpuSeconds": 21.765,
                     *           "gpuHours": 0.006046,
                     *           "gpuMs": 21765
                     *         },
                     *         "gpus": [
                     *           {
                     *             "gpu": "GPU-16b66ef9-7219-8bf4-2425-b186df8a0ed1",
                     *             "host": "gpu-box-1",
                     *             "index": 0,
                     *             "name": "simulated",
                     *             "gpuSeconds": 10.95,
                     *             "gpuHours": 0.003042,
                     *             "gpuMs": 10950,
                     *             "holdings": 1,
                     *             "knownSeconds": 17.121,
                     *             "knownMs": 17121,
                     *             "utilization": 0.639565
                     *           },
                     *           {
                     *             "gpu": "GPU-77a40aed-a22a-8f31-73f8-b1214030a6c7",
                     *             "host": "gpu-box-1",
                     *             "index": 1,
                     *             "name": "simulated",
                     *             "gpuSeconds": 10.815,
                     *             "gpuHours": 0.003004,
                     *             "gpuMs": 10815,
                     *             "holdings": 2,
                     *             "knownSeconds": 17.121,
                     *             "knownMs": 17121,
                     *             "utilization": 0.63168
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
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
                            /** @description One for each replicaSet, GPU, actor or UTC day, as `by` says. */
                            rows: {
                                replicaSet: string;
                                /** @description To the millisecond. */
                                gpuSeconds: number;
                                /** @description Rounded to six decimals. */
                                gpuHours: number;
                                gpuMs: number;
                                /** @description How many holdings have a part in it. */
                                holdings: number;
                            }[] | components["schemas"]["GpuUse"][] | {
                                actor: string;
                                /** @description To the millisecond. */
                                gpuSeconds: number;
                                /** @description Rounded to six decimals. */
                                gpuHours: number;
                                gpuMs: number;
                                /** @description How many holdings have a part in it. */
                                holdings: number;
                            }[] | {
                                /** @description YYYY-MM-DD, UTC. */
                                day: string;
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
                            gpus: components["schemas"]["GpuUse"][];
                        };
                    };
                    "text/csv": string;
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getGpuHolders: {
        parameters: {
            query?: {
                /** @description Where the span begins: a time or a sequence. Default: the beginning of the log. */
                from?: string;
                /** @description Where it ends, itself not included. Default, and at most: now. */
                to?: string;
                /** @description Accept: text/csv does the same. */
                format?: "json" | "csv";
                /** @description Only who held it then. */
                at?: string;
                /** @description How many holdings, newest first. */
                limit?: number;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-At-Sequence": components["headers"]["X-At-Sequence"];
                    "X-At-Time": components["headers"]["X-At-Time"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "gpu": "GPU-16b66ef9-7219-8bf4-2425-b186df8a0ed1",
                     *         "from": "2026-11-26T06:23:39.201Z",
                     *         "to": "2026-11-26T06:23:56.327Z",
                     *         "hosts": [
                     *           {
                     *             "host": "gpu-box-1",
                     *             "index": 0,
                     *             "name": "simulated",
                     *             "known": [
                     *               {
                     *                 "from": "2026-11-26T06:23:39.201Z",
                     *                 "to": null
                     *               }
                     *             ]
                     *           }
                     *         ],
                     *         "holdings": [
                     *           {
                     *             "replicaSet": "train",
                     *             "version": 1,
                     *             "host": "gpu-box-1",
                     *             "from": {
                     *               "sequence": 10,
                     *               "time": "2026-11-26T06:23:45.372Z",
                     *               "command": {
                     *                 "id": "a4733a55-e05d-478f-b645-f0cebb048c4b",
                     *                 "name": "run"
                     *               },
                     *               "actor": "ann"
                     *             },
                     *             "to": null,
                     *             "gpuSeconds": 10.955,
                     *             "gpuHours": 0.003043,
                     *             "gpuMs": 10955
                     *           }
                     *         ],
                     *         "more": false
                     *       }
                     *     }
                     */
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
                            holdings?: components["schemas"]["Holding"][];
                            /** @description There are older ones than `limit` let in. */
                            more?: boolean;
                            at?: {
                                sequence: number;
                                time: null | string;
                            };
                            /** @description With `at`: who held it then. */
                            holder?: null | components["schemas"]["Holding"];
                        };
                    };
                    "text/csv": string;
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description Of this stream: log, host/NAME, replicaSet/NAME or volume/NAME. May be repeated, as all that follow but since and until. */
                stream?: string[];
                /** @description Of these types, repeated or separated by commas. */
                type?: string[];
                /** @description About this GPU, by UUID or by its index on this host. */
                gpu?: string[];
                /** @description About this host port. */
                port?: string[];
                /** @description Of this replicaSet. */
                replicaSet?: string[];
                /** @description Of this volume, and of the containers that mount it. */
                volume?: string[];
                /** @description Ordered by this actor. */
                actor?: string[];
                /** @description Caused by the command with this id. */
                command?: string[];
                /** @description From this sequence or time on. */
                since?: string;
                /** @description Up to this sequence or time, which is included. */
                until?: string;
                /** @description Newest or oldest first. */
                order?: "desc" | "asc";
                /** @description Events a page, at most: a page of very large events may have fewer. */
                limit?: number;
                /** @description The `next` of the page before. */
                cursor?: number;
                /** @description jsonl: one event a line, as it stands in the log. */
                format?: "json" | "jsonl";
                /** @description For text/event-stream: message leaves the type out of the frames, so that the onmessage of an EventSource gets them all. */
                event?: "type" | "message";
                /** @description For text/event-stream: go on after this sequence; the header Last-Event-ID says the same. */
                lastEventId?: string;
                /** @description For text/event-stream: true: with frames of type progress, without an id, that say once a second how far the operations under way are. */
                progress?: string;
            };
            header?: {
                /** @description For text/event-stream: go on after this sequence. */
                "Last-Event-ID"?: components["parameters"]["LastEventId"];
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "events": [
                     *           {
                     *             "seq": 32,
                     *             "type": "ContainerStarted",
                     *             "schema": 1,
                     *             "stream": "replicaSet/eval",
                     *             "time": "2026-11-26T06:23:53.641Z",
                     *             "host": "gpu-box-1",
                     *             "command": {
                     *               "id": "325767fd-b7a6-4c3f-993d-b66e899bd577",
                     *               "name": "run",
                     *               "actor": "bob",
                     *               "requestId": "fed68ade-3720-4ee6-88b5-88b523699a89",
                     *               "address": "127.0.0.1"
                     *             },
                     *             "data": {
                     *               "version": 1,
                     *               "reason": "operation"
                     *             },
                     *             "prev": "c2caf31abf86092948d261c397f47d8481600da0a2acef9e0dea99c2c29e085d",
                     *             "hash": "42ae17513bbff58b7a339318acafecd9ab6d2ef7023fbb71fb98e86897f80b5e"
                     *           },
                     *           {
                     *             "seq": 30,
                     *             "type": "GpuAllocated",
                     *             "schema": 1,
                     *             "stream": "replicaSet/eval",
                     *             "time": "2026-11-26T06:23:52.058Z",
                     *             "host": "gpu-box-1",
                     *             "command": {
                     *               "id": "325767fd-b7a6-4c3f-993d-b66e899bd577",
                     *               "name": "run",
                     *               "actor": "bob",
                     *               "requestId": "fed68ade-3720-4ee6-88b5-88b523699a89",
                     *               "address": "127.0.0.1"
                     *             },
                     *             "data": {
                     *               "version": 1,
                     *               "gpus": [
                     *                 "GPU-77a40aed-a22a-8f31-73f8-b1214030a6c7"
                     *               ]
                     *             },
                     *             "prev": "36313f222ee597ae0b18ba08565f984f4151ad0e8337621abb8fd1b038bd288c",
                     *             "hash": "15ef6833859ea6e35d07a222973371b3194f4a1a7ef557305222b9cd2bfdb636"
                     *           }
                     *         ],
                     *         "next": null,
                     *         "head": 45
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            events: components["schemas"]["Event"][];
                            /** @description The cursor of the next page. */
                            next: null | number;
                            /** @description The last sequence of the log. */
                            head: number;
                        };
                    };
                    "application/x-ndjson": string;
                    "text/event-stream": string;
                };
            };
            /** @description The stream has ended for good: nothing that is asked for can come any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "event": {
                     *           "seq": 38,
                     *           "type": "ContainerFrozen",
                     *           "schema": 1,
                     *           "stream": "replicaSet/eval",
                     *           "time": "2026-11-26T06:23:53.758Z",
                     *           "host": "gpu-box-1",
                     *           "command": {
                     *             "id": "f989ebaa-6a81-4c42-b846-8c48b0963f3d",
                     *             "name": "freeze",
                     *             "actor": "ann",
                     *             "requestId": "bbd4e9ed-7789-4bab-b891-af1ad13dfa16",
                     *             "address": "127.0.0.1"
                     *           },
                     *           "data": {
                     *             "version": 1,
                     *             "reason": "operation"
                     *           },
                     *           "prev": "24125de2228d9f6abb31fbd1b26bdb8ee70e1f3779647bac889863c5ace8ab9f",
                     *           "hash": "86069911d5af7d40a1fc79909345feddfcaf0220d4be676a9448539e52f34dcc"
                     *         },
                     *         "command": [
                     *           {
                     *             "seq": 37,
                     *             "type": "OperationStarted",
                     *             "schema": 1,
                     *             "stream": "replicaSet/eval",
                     *             "time": "2026-11-26T06:23:53.734Z",
                     *             "host": "gpu-box-1",
                     *             "command": {
                     *               "id": "f989ebaa-6a81-4c42-b846-8c48b0963f3d",
                     *               "name": "freeze",
                     *               "actor": "ann",
                     *               "requestId": "bbd4e9ed-7789-4bab-b891-af1ad13dfa16",
                     *               "address": "127.0.0.1"
                     *             },
                     *             "data": {
                     *               "kind": "freeze",
                     *               "from": 1
                     *             },
                     *             "prev": "50f24aefc5622a3f110031b70922ed292b903085db146bbd781eccdc5c1ae9f0",
                     *             "hash": "24125de2228d9f6abb31fbd1b26bdb8ee70e1f3779647bac889863c5ace8ab9f"
                     *           },
                     *           {
                     *             "seq": 38,
                     *             "type": "ContainerFrozen",
                     *             "schema": 1,
                     *             "stream": "replicaSet/eval",
                     *             "time": "2026-11-26T06:23:53.758Z",
                     *             "host": "gpu-box-1",
                     *             "command": {
                     *               "id": "f989ebaa-6a81-4c42-b846-8c48b0963f3d",
                     *               "name": "freeze",
                     *               "actor": "ann",
                     *               "requestId": "bbd4e9ed-7789-4bab-b891-af1ad13dfa16",
                     *               "address": "127.0.0.1"
                     *             },
                     *             "data": {
                     *               "version": 1,
                     *               "reason": "operation"
                     *             },
                     *             "prev": "24125de2228d9f6abb31fbd1b26bdb8ee70e1f3779647bac889863c5ace8ab9f",
                     *             "hash": "86069911d5af7d40a1fc79909345feddfcaf0220d4be676a9448539e52f34dcc"
                     *           },
                     *           {
                     *             "seq": 39,
                     *             "type": "OperationCompleted",
                     *             "schema": 1,
                     *             "stream": "replicaSet/eval",
                     *             "time": "2026-11-26T06:23:53.758Z",
                     *             "host": "gpu-box-1",
                     *             "command": {
                     *               "id": "f989ebaa-6a81-4c42-b846-8c48b0963f3d",
                     *               "name": "freeze",
                     *               "actor": "ann",
                     *               "requestId": "bbd4e9ed-7789-4bab-b891-af1ad13dfa16",
                     *               "address": "127.0.0.1"
                     *             },
                     *             "data": {
                     *               "kind": "freeze"
                     *             },
                     *             "prev": "86069911d5af7d40a1fc79909345feddfcaf0220d4be676a9448539e52f34dcc",
                     *             "hash": "5ff687d9f38c8c5ad8b517b39a1496125afd58b5cf10aacd15ee0a46835b5657"
                     *           }
                     *         ],
                     *         "truncated": false,
                     *         "links": {
                     *           "previous": "/api/v1/events/37",
                     *           "next": "/api/v1/events/39"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            event: components["schemas"]["Event"];
                            /** @description All events of the same command, oldest first. */
                            command: components["schemas"]["Event"][];
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listRejections: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "rejections": [
                     *           {
                     *             "time": "2026-11-26T06:23:54.259Z",
                     *             "command": "run",
                     *             "stream": "replicaSet/big",
                     *             "actor": "ann",
                     *             "requestId": "be29915d-550c-4418-8b36-a1c53a91a84a",
                     *             "address": "127.0.0.1",
                     *             "code": 1013,
                     *             "kind": "exhausted",
                     *             "message": "99 GPUs asked for, but 2 of 4 free"
                     *           }
                     *         ],
                     *         "total": 1
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getLogLevel: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-At-Sequence": components["headers"]["X-At-Sequence"];
                    "X-At-Time": components["headers"]["X-At-Time"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "level": 2,
                     *         "writes": 2,
                     *         "hosts": [
                     *           {
                     *             "name": "gpu-box-1",
                     *             "reads": 2
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    raiseLogLevel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "level": 2
                 *     }
                 */
                "application/json": components["schemas"]["RaiseLogLevelBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "level": 2
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    listOperations: {
        parameters: {
            query?: {
                /** @description The answer as it was after this event (a sequence) or at this time (ISO 8601); X-At-Sequence says which event was the last. */
                at?: string;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "X-At-Sequence": components["headers"]["X-At-Sequence"];
                    "X-At-Time": components["headers"]["X-At-Time"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "operations": [
                     *           {
                     *             "id": "e495a336-2151-40bd-9f3c-7c11b8df70d0",
                     *             "stream": "replicaSet/train",
                     *             "kind": "restart",
                     *             "phase": "forward",
                     *             "since": "2026-11-26T06:23:56.394Z",
                     *             "actor": "ann",
                     *             "done": [
                     *               "ContainerVersionCreated"
                     *             ],
                     *             "step": "stopContainer",
                     *             "undoable": true,
                     *             "elapsedMs": 1280,
                     *             "attempt": {
                     *               "number": 1,
                     *               "since": "2026-11-26T06:23:56.461Z"
                     *             }
                     *           }
                     *         ],
                     *         "pulls": []
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            operations: components["schemas"]["Operation"][];
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getOperation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "operation": {
                     *           "id": "e6c4cf95-6e22-4119-b2c2-cd438258537c",
                     *           "stream": "replicaSet/eval",
                     *           "kind": "restart",
                     *           "actor": "ann",
                     *           "since": "2026-11-26T06:24:05.541Z",
                     *           "ended": "2026-11-26T06:24:09.960Z",
                     *           "state": "done",
                     *           "answer": {
                     *             "code": 200,
                     *             "msg": "Success",
                     *             "data": {
                     *               "containerName": "eval-2"
                     *             }
                     *           }
                     *         }
                     *       }
                     *     }
                     */
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
                                    data: null | {
                                        [key: string]: unknown;
                                    };
                                };
                            };
                        };
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    undoOperation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "operation": {
                     *           "id": "e495a336-2151-40bd-9f3c-7c11b8df70d0",
                     *           "stream": "replicaSet/train",
                     *           "kind": "restart",
                     *           "phase": "forward",
                     *           "since": "2026-11-26T06:23:56.394Z",
                     *           "actor": "ann",
                     *           "done": [
                     *             "ContainerVersionCreated"
                     *           ],
                     *           "step": "stopContainer",
                     *           "undoable": true,
                     *           "attempt": {
                     *             "number": 1,
                     *             "since": "2026-11-26T06:23:56.461Z"
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            operation: components["schemas"]["Operation"];
                        };
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    acceptRestore: {
        parameters: {
            query?: {
                /** @description true: only list what differs. */
                dryRun?: boolean;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "host": "gpu-box-1",
                     *         "wasRestored": true,
                     *         "differences": [
                     *           "late-1 (running) is not in the log",
                     *           "volume fresh-1 is not in the log"
                     *         ]
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    acceptLoss: {
        parameters: {
            query?: {
                /** @description true: only list what would be given up. */
                dryRun?: boolean;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "host": "gpu-box-1",
                     *         "replicaSets": [
                     *           "eval"
                     *         ],
                     *         "volumes": []
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    adoptReplicaSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["AdoptBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "name": "late",
                     *         "version": 1,
                     *         "state": "running",
                     *         "gpus": [
                     *           "GPU-16b66ef9-7219-8bf4-2425-b186df8a0ed1"
                     *         ],
                     *         "volumes": [],
                     *         "approximate": [],
                     *         "ports": {
                     *           "80": 46000
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            name: string;
                            /** @description The version that was taken back or in; 0: the log has it already. */
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
                            /** @description What could not be read exactly, and what becomes of other versions of the volumes, a sentence each. */
                            approximate: string[];
                        };
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    adoptVolume: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["AdoptVolumeBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "name": "fresh",
                     *         "version": 1,
                     *         "state": "ready",
                     *         "gpus": [],
                     *         "volumes": [],
                     *         "approximate": [],
                     *         "ports": {}
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            name: string;
                            /** @description The version that was taken back or in; 0: the log has it already. */
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
                            /** @description What could not be read exactly, and what becomes of other versions of the volumes, a sentence each. */
                            approximate: string[];
                        };
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    listKeys: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "keys": [
                     *           {
                     *             "name": "alice",
                     *             "id": "527b04aa1453a2f8",
                     *             "role": "operator",
                     *             "scope": "own",
                     *             "state": "live",
                     *             "created": "2026-11-26T06:25:26.865Z",
                     *             "by": "root",
                     *             "expires": "2027-01-31T00:00:00.000Z",
                     *             "revoked": null,
                     *             "quota": {
                     *               "gpus": 2,
                     *               "gpuHoursMonth": 300
                     *             },
                     *             "used": {
                     *               "gpus": 0,
                     *               "gpuHoursMonth": 0,
                     *               "containers": 0,
                     *               "volumeBytes": 0
                     *             }
                     *           },
                     *           {
                     *             "name": "root",
                     *             "id": "206da2e5f7b1a750",
                     *             "role": "admin",
                     *             "scope": "all",
                     *             "state": "live",
                     *             "created": "2026-11-26T06:25:26.802Z",
                     *             "by": "ann",
                     *             "expires": null,
                     *             "revoked": null,
                     *             "quota": {},
                     *             "used": {
                     *               "gpus": 0,
                     *               "gpuHoursMonth": 0,
                     *               "containers": 0,
                     *               "volumeBytes": 0
                     *             }
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: {
                            keys: components["schemas"]["Key"][];
                        };
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "alice",
                 *       "quota": {
                 *         "gpus": 2,
                 *         "gpuHoursMonth": 300
                 *       },
                 *       "expires": "2027-01-31T00:00:00Z"
                 *     }
                 */
                "application/json": components["schemas"]["CreateKeyBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "name": "alice",
                     *         "key": "gda_…"
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    revokeKey: {
        parameters: {
            query?: {
                /** @description true: it may be the last key, and the API is open then. */
                open?: boolean;
            };
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": null
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    changeKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description Who orders it, while no key is needed, or through a proxy that the operator trusts. Default: anonymous. */
                "X-Actor"?: components["parameters"]["Actor"];
                /** @description W3C Trace Context: recorded in every event that the request causes. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                name: components["parameters"]["Name"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "quota": {
                 *         "gpus": 4
                 *       },
                 *       "unlimited": [
                 *         "gpuHoursMonth"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["SetKeyBody"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": null
                     *     }
                     */
                    "application/json": {
                        /** @constant */
                        code: 200;
                        /** @constant */
                        msg: "Success";
                        data: null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["TooLarge"];
            421: components["responses"]["Misdirected"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Late"];
        };
    };
    ping: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": "pong"
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "alive": true
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "code": 200,
                     *       "msg": "Success",
                     *       "data": {
                     *         "ready": true,
                     *         "sequence": 60
                     *       }
                     *     }
                     */
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
            400: components["responses"]["Malformed"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getDocument: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getDocsPage: {
        parameters: {
            query?: never;
            header?: {
                /** @description Recorded in every event that the request causes, and given back; a new one when absent. */
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
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            400: components["responses"]["Malformed"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
}
/** The commands that can be planned. */
export interface plannedPaths {
    post: "/api/v1/replicaSet" | "/api/v1/replicaSet/{name}/commit" | "/api/v1/volumes" | "/api/v1/log/level" | "/api/v1/replicaSet/{name}/adopt" | "/api/v1/volumes/{name}/adopt" | "/api/v1/keys";
    get: never;
    put: "/api/v1/replicaSet/{name}/policy";
    patch: "/api/v1/replicaSet/{name}/rollback" | "/api/v1/replicaSet/{name}" | "/api/v1/replicaSet/{name}/stop" | "/api/v1/replicaSet/{name}/pause" | "/api/v1/replicaSet/{name}/freeze" | "/api/v1/replicaSet/{name}/thaw" | "/api/v1/replicaSet/{name}/continue" | "/api/v1/replicaSet/{name}/restart" | "/api/v1/volumes/{name}/size" | "/api/v1/keys/{name}";
    delete: "/api/v1/replicaSet/{name}/versions/{version}" | "/api/v1/replicaSet/{name}" | "/api/v1/volumes/{name}" | "/api/v1/keys/{name}";
}
