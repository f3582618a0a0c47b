//! A username and a password in each valid encoding of a login.

use super::request::FuzzedRequest;

/// A login as a client sends it.
pub(super) struct EncodedLogin {
    pub(super) name: &'static str,
    /// The fields that read it.
    pub(super) kind: &'static str,
    pub(super) request: FuzzedRequest,
    /// Nothing in it can be taken for another encoding.
    pub(super) is_plain: bool,
}

const FORM: &[u8] = b"application/x-www-form-urlencoded";
const JSON: &[u8] = b"application/json";

/// What no value may contain.
const BOUNDARY: &str = "----boundary7MA4YWxk";

/// The login in each encoding that can express it.
pub(super) fn all(username: &str, password: &str) -> Vec<EncodedLogin> {
    let (user, word) = (escaped(username), escaped(password));
    let (quoted_user, quoted_word) = (quoted(username), quoted(password));
    let pairs = format!("username={user}&password={word}");
    let object = format!("{{\"username\":{quoted_user},\"password\":{quoted_word}}}");
    let odd = |text: &str| text.contains(['=', '&', ';', '#', '?']);
    let is_plain = !odd(username) && !odd(password);
    let post = |content_type: &[u8], body: &str| {
        FuzzedRequest::new("POST", b"/login")
            .header("content-type", content_type)
            .body(body.as_bytes())
    };
    let encoded = |name, kind, request| EncodedLogin { name, kind, request, is_plain: true };
    let inner = format!("user%5Busername%5D={user}&user[password]={word}");
    let parameters = format!("/login?{pairs}");
    let unicode = format!(
        "{{\"username\":\"{}\",\"password\":\"{}\"}}",
        unicode_escaped(username),
        unicode_escaped(password)
    );
    let mut all = vec![
        encoded("form", "form", post(FORM, &pairs)),
        encoded("form where JSON is read too", "both", post(FORM, &pairs)),
        encoded("nested form", "nested", post(FORM, &inner)),
        encoded("query", "query", FuzzedRequest::new("GET", parameters.as_bytes())),
        EncodedLogin { is_plain, ..encoded("JSON", "json", post(JSON, &object)) },
        encoded("JSON in escapes", "json", post(JSON, &unicode)),
        EncodedLogin {
            is_plain,
            ..encoded("nested JSON", "nested", post(JSON, &format!("{{\"user\":{object}}}")))
        },
        EncodedLogin {
            is_plain,
            ..encoded("GraphQL variables", "graphql", post(JSON, &variables(&object)))
        },
    ];
    let document =
        format!("mutation {{ login(username: {quoted_user}, password: {quoted_word}) {{ id }} }}");
    let body = format!("{{\"query\":{}}}", quoted(&document));
    all.push(EncodedLogin {
        is_plain,
        ..encoded("GraphQL literals", "graphql", post(JSON, &body))
    });
    if !username.contains(BOUNDARY) && !password.contains(BOUNDARY) {
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let body = [part("username", username), part("password", password)].concat();
        let body = format!("{body}--{BOUNDARY}--\r\n");
        all.push(encoded("multipart", "form", post(content_type.as_bytes(), &body)));
    }
    if !username.contains(':') {
        let value = format!("Basic {}", base64(format!("{username}:{password}").as_bytes()));
        let request =
            FuzzedRequest::new("GET", b"/login").header("authorization", value.as_bytes());
        all.push(encoded("Basic", "basic", request));
    }
    // XML cannot say other control characters, and a parser changes the ends of lines.
    if let (Some(username), Some(password)) = (xml(username), xml(password)) {
        let body = format!(
            "<?xml version=\"1.0\"?><methodCall><methodName>wp.getUsersBlogs</methodName><params>\
             <param><value><string>{username}</string></value></param>\
             <param><value><string>{password}</string></value></param></params></methodCall>"
        );
        all.push(encoded("XML-RPC", "xmlrpc", post(b"text/xml", &body)));
    }
    all
}

/// The login with other bytes beside it, which a plain parser separates from it.
pub(super) fn beside(junk: &[u8], username: &str, password: &str) -> Vec<EncodedLogin> {
    let (user, word) = (escaped(username), escaped(password));
    let form = FuzzedRequest::new("POST", b"/login").header("content-type", FORM);
    let pairs = format!("username={user}&password={word}");
    let request = form.body(&[pairs.as_bytes(), b"&", junk].concat());
    let mut all = vec![EncodedLogin {
        name: "form with more behind it",
        kind: "form",
        request,
        is_plain: false,
    }];
    let form = FuzzedRequest::new("POST", b"/login").header("content-type", FORM);
    let request = form.body(&[junk, b"&", pairs.as_bytes()].concat());
    all.push(EncodedLogin {
        name: "form with more before it",
        kind: "form",
        request,
        is_plain: false,
    });
    let target = [b"/login?", junk].concat();
    let request = FuzzedRequest::new("POST", &target)
        .header("content-type", FORM)
        .header("cookie", junk)
        .header("authorization", junk)
        .body(pairs.as_bytes());
    all.push(EncodedLogin {
        name: "form with another address",
        kind: "both",
        request,
        is_plain: false,
    });
    if let Ok(serde_json::Value::Object(mut object)) = serde_json::from_slice(junk) {
        object.insert("username".to_owned(), username.into());
        object.insert("password".to_owned(), password.into());
        let body = serde_json::Value::Object(object).to_string();
        let request = FuzzedRequest::new("POST", b"/login")
            .header("content-type", JSON)
            .body(body.as_bytes());
        all.push(EncodedLogin { name: "JSON with more", kind: "json", request, is_plain: false });
    }
    if !password.contains(BOUNDARY) {
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let end = format!("--{BOUNDARY}--\r\n");
        let word = part("password", password);
        let open = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"more\"\r\n\r\n");
        let body = [open.as_bytes(), junk, b"\r\n", word.as_bytes(), end.as_bytes()].concat();
        let request = FuzzedRequest::new("POST", b"/login")
            .header("content-type", content_type.as_bytes())
            .body(&body);
        all.push(EncodedLogin {
            name: "multipart with more",
            kind: "form",
            request,
            is_plain: false,
        });
    }
    all
}

fn variables(object: &str) -> String {
    let document = "mutation ($username: String!, $password: String!) \
                    { login(username: $username, password: $password) { id } }";
    format!("{{\"query\":\"{document}\",\"variables\":{object}}}")
}

fn part(name: &str, value: &str) -> String {
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn unicode_escaped(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
}

fn xml(text: &str) -> Option<String> {
    let is_said = |letter: char| !letter.is_control() && !matches!(letter, '\u{FFFE}' | '\u{FFFF}');
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.chars().all(is_said).then_some(text)
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = (0..3)
            .fold(0, |sum, at| sum << 8 | usize::from(three.get(at).copied().unwrap_or_default()));
        for at in 0..4 {
            let digit = DIGITS[number >> (18 - 6 * at) & 63];
            text.push(if at <= three.len() { char::from(digit) } else { '=' });
        }
    }
    text
}
