//! Requests that are kept: bypasses of earlier versions, and ordinary requests.

use serde_json::Value;
use unstuff_fixtures::decoy_bodies::{DecoyBody, decoy_bodies};
use unstuff_fixtures::login_paths::{LoginPath, login_paths};

use crate::judge;
use crate::login_request::{LoginRequest, latin1_bytes};

/// Requests that an application once read as a login that the engine missed: the tables of the
/// engine's tests, and one of our own for what those cannot say: a method, or a body in which
/// lengths count.
pub(crate) fn bypasses() -> Vec<LoginRequest> {
    let own = rows(include_str!("samples/bypasses.json"));
    let own = own.iter().map(LoginRequest::from_json);
    let decoys = decoy_bodies();
    let paths = login_paths();
    let tables = decoys.iter().filter_map(decoy).chain(paths.iter().filter_map(path));
    own.chain(tables).collect()
}

/// alice's Basic credentials in the tables, and with the password that is breached here.
const BASIC: [(&str, &str); 4] = [
    ("YWxpY2U6cmVhbA==", "YWxpY2U6MTIzNDU2"),
    ("YWxpY2U6cmVhbAA=", "YWxpY2U6MTIzNDU2AA=="),
    ("YWxpY2U6cmVhbCA=", "YWxpY2U6MTIzNDU2IA=="),
    ("YWxpY2U6cmVhbAo=", "YWxpY2U6MTIzNDU2Cg=="),
];

/// A row of `decoy_bodies.json` with the names and the password of this test, if an application
/// reads it at an endpoint of this test.
fn decoy(row: &DecoyBody) -> Option<LoginRequest> {
    let (endpoint, username) = match row.fields.as_str() {
        "form" | "json" | "both" => ("web", "user"),
        "nested" => ("nested", "email"),
        "oauth" => ("oauth", "user"),
        "basic" => ("basic", "user"),
        _ => return None,
    };
    let is_read = row.login && !row.cut && row.reads.is_some();
    let body = String::from_utf8(row.body()).ok().filter(|_| is_read)?;
    let renamed = |text: &str| text.replace("username", username).replace("real", judge::PASSWORD);
    let query = if row.query.is_empty() { "" } else { "?" };
    let mut request = LoginRequest::post(endpoint);
    request.target = renamed(&format!("{}{query}{}", row.path, row.query)).into_bytes();
    request.body = renamed(&body).into_bytes();
    for (name, value) in &row.headers {
        let value =
            BASIC.iter().fold(renamed(value), |value, (ours, here)| value.replace(ours, here));
        request = request.header(&name.to_ascii_lowercase(), latin1_bytes(&value));
    }
    Some(request)
}

/// A row of `login_paths.json`, with HTTP Basic.
fn path(row: &LoginPath) -> Option<LoginRequest> {
    let is_plain = row.login && row.at == "/login" && row.headers.is_empty();
    let mut request =
        LoginRequest::post("basic").header("authorization", format!("Basic {}", BASIC[0].1));
    request.method.clone_from(&row.method);
    request.target = row.target.clone().into_bytes();
    is_plain.then_some(request)
}

/// Ordinary requests under the default endpoints, each with what it is.
pub(crate) fn ordinary() -> Vec<(String, LoginRequest)> {
    let row = |row: &Value| {
        let request = LoginRequest { endpoint: "{}".to_owned(), ..LoginRequest::from_json(row) };
        (row["what"].as_str().unwrap_or_default().to_owned(), request)
    };
    rows(include_str!("samples/ordinary.json")).iter().map(row).collect()
}

/// Logins of real clients, each with what it is: 2,036 of 53 kinds of clients at the login forms and
/// APIs of 32 applications, with usernames and passwords that are hard to encode.
///
/// The clients of Node, Python, Ruby, PHP and Go, curl and wget were recorded on a socket. Those of
/// browsers, .NET, OkHttp, Retrofit, Alamofire, Dart, Spring and PowerShell are written as their
/// sources encode them.
pub(crate) fn logins() -> Vec<(String, LoginRequest)> {
    let lines = include_str!("samples/logins.jsonl").lines();
    let row = |line: &str| -> (String, LoginRequest) {
        let row: Value = serde_json::from_str(line).expect("a request");
        let mut request = LoginRequest::from_json(&row);
        request.endpoint = "{}".to_owned();
        request.method = "POST".to_owned();
        (row["what"].as_str().unwrap_or_default().to_owned(), request)
    };
    lines.map(row).collect()
}

fn rows(text: &str) -> Vec<Value> {
    serde_json::from_str(text).expect("a table of requests")
}
