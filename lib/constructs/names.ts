/** `make-admin` becomes `MakeAdmin`: ids of constructs and names of parameters have no dashes. */
export const pascalCase = (name: string): string =>
  name
    .split('-')
    .map((part) => `${part[0]?.toUpperCase()}${part.slice(1)}`)
    .join('');
