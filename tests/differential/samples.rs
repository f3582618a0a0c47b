//! Requests that are kept: bypasses of earlier versions, and ordinary requests.

use serde_json::Value;

use crate::login_request::LoginRequest;

/// Requests that an application once read as a login that the engine missed.
pub(crate) fn bypasses() -> Vec<LoginRequest> {
    rows(include_str!("samples/bypasses.json")).iter().map(LoginRequest::from_json).collect()
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
