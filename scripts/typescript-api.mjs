// A module hook: openapi-typescript builds its output with the compiler's JavaScript API, which TypeScript 7 does not have. It gets version 6.
export const resolve = (specifier, context, next) =>
  next(specifier === 'typescript' && context.parentURL?.includes('/openapi-typescript/') ? '@typescript/typescript6' : specifier, context);
