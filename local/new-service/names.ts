import { existsSync } from 'node:fs';
import path from 'node:path';
import { ALL_ROUTES, ALL_SERVICES } from '../../lambdas/registry.ts';
import { CommandError, ROOT } from '../instance.ts';

/** The forms of a service's name, such as `gift-cards`. */
export interface ServiceNames {
  /** `gift-cards`: the service, its folder, its path and its function. */
  readonly kebab: string;
  /** `gift_cards`: its schema. */
  readonly snake: string;
  /** `giftCards`, `GiftCards`: in identifiers. */
  readonly camel: string;
  readonly pascal: string;
  /** The singular: `gift-card`, `giftCard`, `GiftCard`, `gift card`, `GIFT_CARD`. */
  readonly one: { kebab: string; camel: string; pascal: string; words: string; constant: string };
}

const FORM = /^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/;
const MAX_LENGTH = 30;
/** Folders of `lambdas/` and schemas that are not services, and reserved words of PostgreSQL. */
const TAKEN = [
  ...['shared', 'workers', 'database', 'cache', 'queue', 'synthetic', 'public', 'services', 'registry', 'api'],
  ...['all', 'analyse', 'analyze', 'and', 'any', 'array', 'as', 'asc', 'both', 'case', 'cast', 'check', 'collate'],
  ...['column', 'constraint', 'create', 'default', 'desc', 'distinct', 'do', 'else', 'end', 'except', 'false', 'fetch'],
  ...[
    'for',
    'foreign',
    'from',
    'grant',
    'group',
    'having',
    'in',
    'initially',
    'intersect',
    'into',
    'lateral',
    'leading',
  ],
  ...['limit', 'not', 'null', 'offset', 'on', 'only', 'or', 'order', 'placing', 'primary', 'references', 'returning'],
  ...['select', 'some', 'symmetric', 'table', 'then', 'to', 'trailing', 'true', 'union', 'unique', 'user', 'using'],
  ...['variadic', 'when', 'where', 'window', 'with'],
];

/** @throws CommandError for an invalid name, with the reason and what is allowed */
export function namesOf(given: string | undefined): ServiceNames {
  const usage = 'npm run new-service -- <name>';
  if (given === undefined)
    throw new CommandError(`The name is missing: ${usage}, for example: npm run new-service -- reviews`);
  const refuse = (why: string) =>
    new CommandError(`"${given}" cannot be the name of a service: ${why}. Use another: ${usage}`);
  if (!FORM.test(given) || given.length > MAX_LENGTH)
    throw refuse(
      `a name is up to ${MAX_LENGTH} lower-case letters and digits in words joined by dashes, such as gift-cards`,
    );
  if (TAKEN.includes(given)) throw refuse('the word has a meaning of its own in this project or in PostgreSQL');
  const service = ALL_SERVICES.find(({ name, functions }) => name === given || Object.hasOwn(functions, given));
  if (service) throw refuse(`the service ${service.name} has it`);
  const route = ALL_ROUTES.find((each) => each.path.split('/')[1] === given);
  if (route) throw refuse(`the path of ${route.method} ${route.path} begins with it`);
  if (existsSync(path.join(ROOT, 'lambdas', given))) throw refuse(`lambdas/${given} exists already`);
  return formsOf(given);
}

function formsOf(kebab: string): ServiceNames {
  const one = singular(kebab);
  return {
    kebab,
    snake: kebab.replaceAll('-', '_'),
    camel: camelCase(kebab),
    pascal: pascalOf(kebab),
    one: {
      kebab: one,
      camel: camelCase(one),
      pascal: pascalOf(one),
      words: one.replaceAll('-', ' '),
      constant: one.replaceAll('-', '_').toUpperCase(),
    },
  };
}

/**
 * Turns `reviews` into `review` and `categories` into `category`. A word without a plural ending gets `-entry`. These
 * rules are enough for a skeleton.
 */
function singular(plural: string): string {
  if (/[^aeiou]ies$/.test(plural)) return plural.replace(/ies$/, 'y');
  if (/(s|x|z|ch|sh)es$/.test(plural)) return plural.replace(/es$/, '');
  if (/[^s]s$/.test(plural)) return plural.replace(/s$/, '');
  return `${plural}-entry`;
}

const pascalOf = (kebab: string) =>
  kebab
    .split('-')
    .map((part) => `${part[0]?.toUpperCase()}${part.slice(1)}`)
    .join('');
const camelCase = (kebab: string) => `${kebab[0]}${pascalOf(kebab).slice(1)}`;
