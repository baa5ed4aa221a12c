// The server's sentences name requests, because most of its clients send some. On the command line they name commands.

const COMMANDS: readonly (readonly [request: RegExp, command: string])[] = [
  [/\bGET \/api\/v1\/operations\b/g, 'gpu-docker-api operations'],
  [/\bGET \/api\/v1\/resources\/disks\b/g, 'gpu-docker-api disks'],
  [/\bGET \/api\/v1\/ledger\/gpus\?by=gpu/g, 'gpu-docker-api ledger --by gpu'],
  [/\bPOST \/api\/v1\/volumes\b/g, 'gpu-docker-api volume create'],
  [/\b(?:the header )?Idempotency-Key\b/g, '--idempotency-key'],
  [/\bIf-Match\b/g, '--if-match'],
];

export const inCommands = (sentence: string): string =>
  COMMANDS.reduce((text, [request, command]) => text.replace(request, command), sentence);
