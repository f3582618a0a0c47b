// What every Node application answers: the credentials that it would check, per source.

// Text as an application has it: trimmed, and numbers and lists as `String` makes them.
const text = (value) => {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.length === 1 ? text(value[0]) : null;
  return typeof value === 'object' ? null : String(value).trim();
};

const field = (object, name) => (object === null || typeof object !== 'object' ? undefined : object[name]);

// `user[email]`, as an object where the parser makes one, or else by its whole name.
const nested = (source, name) => field(field(source, 'user'), name) ?? field(source, `user[${name}]`);

const reading = (from, at, user, password, grant) => {
  const it = { from, at, user: text(user), password: text(password), grant: text(grant) };
  return it.password === null ? [] : [it];
};

// The flat and the nested reading of one source.
const read = (from, source) => [
  ...reading(from, 'web', field(source, 'user'), field(source, 'password'), field(source, 'grant_type')),
  ...reading(from, 'nested', nested(source, 'email'), nested(source, 'password')),
];

const basic = (user, password) => reading('basic', 'basic', user, password);

const json = (body) => {
  try {
    return read('json of any type', JSON.parse(body));
  } catch {
    return [];
  }
};

// Each argument is a function, so that a source that cannot be read takes no other along.
const all = (...sources) =>
  sources.flatMap((source) => {
    try {
      return source() || [];
    } catch {
      return [];
    }
  });

module.exports = { all, basic, json, read };
