//! The keys of `endpoints`.

use super::{KeyTable, TEXT, ValueKind, key, words};
use crate::challenge::Clients;
use crate::outcome::destination::Destination;
use crate::policy::EndpointKind;

/// The words of `clients`.
pub(in super::super) const CLIENTS: [(&str, Clients); 3] =
    [("auto", Clients::Auto), ("browser", Clients::Browser), ("api", Clients::Api)];

/// The words of `redirect`.
pub(in super::super) const DESTINATIONS: [(&str, Destination); 3] = [
    ("login", Destination::Login),
    ("second-factor", Destination::SecondFactor),
    ("elsewhere", Destination::Elsewhere),
];

/// The words of `kind`.
pub(in super::super) const KINDS: [(&str, EndpointKind); 4] = [
    ("login", EndpointKind::Login),
    ("identifier", EndpointKind::Identifier),
    ("password-change", EndpointKind::PasswordChange),
    ("sign-up", EndpointKind::SignUp),
];

/// Each has counters and metrics of its own.
const MAX_ENDPOINTS: u16 = 64;

pub(in super::super) const SECTION: ValueKind =
    ValueKind::List { of: &ENDPOINT, min: 1, max: MAX_ENDPOINTS };
const ENDPOINT: ValueKind = ValueKind::Object(KEYS);

/// The doors of a preset: endpoints to build on.
pub(super) const DOORS: ValueKind = ValueKind::List { of: &ENDPOINT, min: 1, max: MAX_ENDPOINTS };

const KEYS: KeyTable = &[
    key("name", ValueKind::Name).hint("name it, for logs and metrics").optional(
        "the preset's name; needed without a preset",
        "The endpoint's name in logs, headers and metrics, unique among endpoints.",
        r#""web""#,
    ),
    key("preset", ValueKind::Preset).optional(
        "no preset",
        "A [preset](presets.md) to build on: an endpoint for each door of its application. The \
         endpoint's own keys take precedence; `match` is combined key by key. Of a preset with \
         several doors they are the first door's, except for `name`, `match.hosts`, `login_page` \
         and `clients`, which are every door's. `\"wordpress/xmlrpc\"` is one door alone.",
        r#""wordpress""#,
    ),
    key("match", ValueKind::Object(MATCH)).optional(
        "the preset's; needed without a preset",
        "The location: hosts, methods and paths. A path is needed, from here or from a preset.",
        r#"{ "path": "/login", "hosts": ["www.example.com"] }"#,
    ),
    key("credentials", ValueKind::Object(CREDENTIALS)).optional(
        "common field names of forms and JSON",
        "Where the username and the password are. At least one of its keys.",
        r#"{ "form": { "username": "email", "password": "password" } }"#,
    ),
    key("body", ValueKind::Map(&TEXT)).optional(
        "every body is a login",
        "Fields and the value that each must have for a request to be a login. A body that \
         cannot be read counts as a login. So does one with a password that leaves the field out or \
         empty, because some applications do without it.",
        r#"{ "grant_type": "password" }"#,
    ),
    key("login_page", ValueKind::Target).optional(
        "the address that the login came to",
        "The page where people log in, if logins are sent elsewhere: they return to it after a \
         challenge ([challenge.md](challenge.md#setting-it-up)).",
        r#""/sign-in""#,
    ),
    key("kind", ValueKind::Words(&words(&KINDS))).default(
        r#""login""#,
        "What is sent there ([kinds of endpoints](#kinds-of-endpoints)): a login, the name alone \
         on the first page of one (`identifier`), the current password and a new one \
         (`password-change`), or a new account (`sign-up`).",
        r#""identifier""#,
    ),
    key("max_body", ValueKind::Bytes(&((1 << 10)..=(1 << 20)))).optional(
        "the document's `max_body`",
        "The longest body that is read at this endpoint, where other forms share its URL. Envoy \
         must buffer as much: see [`max_body`](#the-document).",
        r#""256KiB""#,
    ),
    key("clients", ValueKind::Words(&words(&CLIENTS))).default(
        r#""auto""#,
        "Who logs in: browsers, programs (`api`), or either, decided for each request. At an \
         endpoint for programs, which may be unable to solve a challenge, a rule that challenges for \
         what others do (about an account, a password, a fingerprint, an attack on the endpoint) only \
         annotates, unless it has `challenge_api`.",
        r#""api""#,
    ),
    key("failure", RESPONSES).default(
        r#"{ "status": [401, 403] }"#,
        "Responses that say that the login failed: any one of the conditions is enough. \
         Evaluated before `success`.",
        r#"{ "status": 302, "location": "/login?error" }"#,
    ),
    key("success", RESPONSES).optional(
        "a 2xx or 3xx, once upstream has answered 401 to 20 usernames; it earns no credit before",
        "Responses that say that the login succeeded: any one of the conditions is enough.",
        r#"{ "status": 302, "header": { "name": "set-cookie", "contains": "session=" } }"#,
    ),
    key("learn_success", ValueKind::Boolean).optional(
        "true without `success`, else false",
        "Whether any 2xx, 302 or 303 is a success, too, once upstream has answered 401 to 20 \
         usernames.",
        "true",
    ),
];

const MATCH: KeyTable = &[
    key("hosts", ValueKind::OneOrMore(&ValueKind::Host)).optional(
        "every host",
        "The hosts of the login; `*.example.org` fits every host below `example.org`.",
        r#"["www.example.com", "*.example.org"]"#,
    ),
    key("methods", ValueKind::OneOrMore(&ValueKind::Method)).optional(
        "every method",
        "The HTTP methods, to narrow the endpoint. Without it nothing is lost: a request without a \
         body and without a password, such as a GET of the login page, is no login. With it, a \
         login by another method goes unseen if the application takes it.",
        r#"["POST", "PUT"]"#,
    ),
    key("query", ValueKind::Map(&ValueKind::OneOrMore(&TEXT))).optional(
        "every query",
        "Parameters of the query and the values that each may have, to narrow a URL that is \
         shared. An empty value stands for no parameter, too. Every spelling that some server \
         takes for the name or the value fits. Only for a parameter that the application takes \
         from the query alone: one that a form may send as well belongs below `body`.",
        r#"{ "action": ["login", ""] }"#,
    ),
    key("path", ValueKind::OneOrMore(&ValueKind::Path)).optional(
        NO_PATH,
        "Exact paths. Every spelling that some server takes for the path matches too: letter \
         case, percent-encoding, doubled slashes, `;parameters`, a suffix such as `.json`.",
        r#"["/login", "/v2/login"]"#,
    ),
    key("path_prefix", ValueKind::OneOrMore(&ValueKind::Path)).optional(
        NO_PATH,
        "Paths, and everything below them: `/auth` fits `/auth/login`, but not `/authors`.",
        r#""/auth""#,
    ),
    key("path_suffix", ValueKind::OneOrMore(&ValueKind::Path)).optional(
        NO_PATH,
        "Paths in any folder: `/wp-login.php` fits `/wp-login.php` and `/blog/wp-login.php`, but not \
         `/my-wp-login.php`.",
        r#""/wp-login.php""#,
    ),
    key("path_regex", ValueKind::OneOrMore(&ValueKind::PathRegex)).optional(
        NO_PATH,
        "Regular expressions over the whole path: decoded, without the query, in any letter case.",
        r#""/realms/[^/]+/login""#,
    ),
];

const NO_PATH: &str = "none; at least one of the four";

const CREDENTIALS: KeyTable = &[
    key("form", ValueKind::Object(FORM_FIELDS)).optional(
        NOT_READ,
        "Fields of a form body (`application/x-www-form-urlencoded` or `multipart/form-data`).",
        r#"{ "username": ["email", "phone"], "password": "password" }"#,
    ),
    key("json", ValueKind::Object(JSON_FIELDS)).optional(
        NOT_READ,
        "Fields of a JSON body.",
        r#"{ "username": "/user/email", "password": "/user/password" }"#,
    ),
    key("query", ValueKind::Object(FORM_FIELDS)).optional(
        NOT_READ,
        "Parameters of the URL's query.",
        r#"{ "username": "u", "password": "p" }"#,
    ),
    key("graphql", ValueKind::Object(GRAPHQL_FIELDS)).optional(
        NOT_READ,
        "The login field of GraphQL, in JSON, `application/graphql`, the query and multipart \
         `operations`. Each alias and each entry of a batch is an attempt. A request without the \
         field is no login ([persisted queries](#graphql)).",
        r#"{ "field": "login", "username": "email", "password": "password" }"#,
    ),
    key("xmlrpc", ValueKind::Boolean).default(
        "false",
        "Whether the calls of WordPress' `xmlrpc.php` are read: those of `wp`, `metaWeblog`, \
         `blogger` and `mt` that have credentials, alone or in `system.multicall`. Other calls are \
         no login.",
        "true",
    ),
    key("basic", ValueKind::Boolean).default(
        "false",
        "Whether HTTP Basic authentication is read.",
        "true",
    ),
];

const NOT_READ: &str = "not read";

const FORM_FIELDS: KeyTable = &[
    key("username", ValueKind::OneOrMore(&ValueKind::Field)).optional(
        NO_USERNAME,
        "Fields that hold the username. All of them are read.",
        r#"["email", "phone"]"#,
    ),
    key("password", ValueKind::OneOrMore(&ValueKind::Field)).needed(
        PASSWORD_HINT,
        "Fields that hold the password. All of them are read. Name them as the login page does: \
         another name that some application takes for it, such as `PASSWORD` or `[password]`, makes \
         the login ambiguous. The case of a word's first letter does not matter.",
        r#""password""#,
    ),
];

const JSON_FIELDS: KeyTable = &[
    key("username", ValueKind::OneOrMore(&ValueKind::Pointer)).optional(
        NO_USERNAME,
        "Fields that hold the username, as JSON pointers. All of them are read.",
        r#"["/user/email", "/user/phone"]"#,
    ),
    key("password", ValueKind::OneOrMore(&ValueKind::Pointer)).needed(
        PASSWORD_HINT,
        "Fields that hold the password, as JSON pointers. All of them are read.",
        r#""/user/password""#,
    ),
];

const GRAPHQL_FIELDS: KeyTable = &[
    key("field", ValueKind::OneOrMore(&ValueKind::Field)).needed(
        "name the field that logs in, such as \"login\"",
        "The field that logs in, as the schema calls it. Calls with arguments count, in every \
         operation and fragment, whatever their aliases.",
        r#"["login", "tokenAuth"]"#,
    ),
    key("username", ValueKind::OneOrMore(&ValueKind::Field)).optional(
        NO_USERNAME,
        "The argument that holds the username, or the key of an input object, at any depth.",
        r#""email""#,
    ),
    key("password", ValueKind::OneOrMore(&ValueKind::Field)).needed(
        "name the password's argument",
        "The argument that holds the password, or the key of an input object, at any depth.",
        r#""password""#,
    ),
];

const NO_USERNAME: &str = "no username is read, so signals about usernames stay silent";
const PASSWORD_HINT: &str = "name the password's field";

const RESPONSES: ValueKind = ValueKind::OneOrMore(&ValueKind::Object(RESPONSE));

const RESPONSE: KeyTable = &[
    key("status", ValueKind::OneOrMore(&ValueKind::Status)).optional(
        "every status",
        "The response's status is one of these.",
        r#"[401, "403-404", "5xx"]"#,
    ),
    key("header", ValueKind::Object(HEADER)).optional(
        "every header",
        "The response has this header.",
        r#"{ "name": "set-cookie", "contains": "session=" }"#,
    ),
    key("location", ValueKind::Location).optional(
        "every target",
        "The `location` header, without scheme and host, begins with this \
         ([how it compares](#location)).",
        r#""/login?error""#,
    ),
    key("redirect", ValueKind::Words(&words(&DESTINATIONS))).optional(
        "every target",
        "The kind of page that the `location` header leads to ([how it is told](#redirect)).",
        r#""login""#,
    ),
    key("cookie", ValueKind::Cookie).optional(
        "every cookie",
        "The response gives this cookie a value ([which values count](#response-cookie)).",
        r#""wordpress_logged_in_*""#,
    ),
    key("body", ValueKind::Object(RESPONSE_BODY)).optional(
        "every body",
        "What the beginning of the body says ([what this costs](#response-body)).",
        r#"{ "json": "/errors" }"#,
    ),
    key("code_details", ValueKind::OneOrMore(&ValueKind::CodeDetails)).optional(
        "responses of upstream alone",
        "A filter behind this module answered instead of upstream, for this reason ([when to declare \
         it](#code-details)). Not beside `body`.",
        r#"["ext_authz_denied", "invalid_credential_for_basic_auth"]"#,
    ),
];

const RESPONSE_BODY: KeyTable = &[
    key("contains", ValueKind::Text { max: 1 << 10 }).optional(
        "every text",
        "A text that the body contains, byte for byte: as it stands in the page's source. Case \
         counts.",
        r#""Please enter a correct username""#,
    ),
    key("json", ValueKind::Pointer).optional(
        "every value",
        "A place in a JSON body. Without `equals`, the value there must not be `null`, `false`, 0 \
         or empty. Of a list, the answer to a batch, each value is looked at.",
        r#""/errors""#,
    ),
    key("equals", ValueKind::Scalar).optional(
        "any value that says something",
        "The value at that place.",
        r#""ok""#,
    ),
];

const HEADER: KeyTable = &[
    key("name", ValueKind::HeaderName).needed(
        "name the response header",
        "The header's name, in any case.",
        r#""set-cookie""#,
    ),
    key("contains", TEXT).optional(
        "every value",
        "A text that the header's value contains.",
        r#""session=""#,
    ),
];
