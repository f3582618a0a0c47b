//! Tests of reading credentials, with the table of decoys that the end-to-end tests send through a
//! real Envoy.

use std::collections::BTreeSet;

use proptest::prelude::*;
use unstuff_fixtures::decoy_bodies::{DecoyBody, decoy_bodies};

use super::*;
use crate::request::headers::{Header, Headers};

fn names(username: &str, password: &str) -> Option<FieldNames> {
    Some(FieldNames {
        username: vec![ConfiguredName::of(username)],
        password: vec![ConfiguredName::of(password)],
    })
}

fn form() -> CredentialFields {
    CredentialFields { form: names("username", "password"), ..CredentialFields::default() }
}

fn grant() -> BodyCondition {
    BodyCondition { field: "grant_type".to_owned(), value: "password".to_owned() }
}

fn endpoint(name: &str) -> (CredentialFields, Vec<BodyCondition>) {
    let json = names("/username", "/password");
    let fields = match name {
        "form" => form(),
        "json" => CredentialFields { json, ..CredentialFields::default() },
        "both" => CredentialFields { json, ..form() },
        "underscore" => CredentialFields {
            form: names("user_name", "user_password"),
            ..CredentialFields::default()
        },
        "nested" => CredentialFields {
            form: names("user[username]", "user[password]"),
            ..CredentialFields::default()
        },
        "pointer" => CredentialFields {
            json: names("/user/username", "/user/password"),
            ..CredentialFields::default()
        },
        "graphql" => CredentialFields {
            graphql: Some(GraphqlFields {
                field: vec!["login".to_owned()],
                username: vec!["email".to_owned()],
                password: vec!["password".to_owned()],
            }),
            ..CredentialFields::default()
        },
        "xmlrpc" => CredentialFields { xmlrpc: true, ..CredentialFields::default() },
        "basic" => CredentialFields { basic: true, ..CredentialFields::default() },
        "oauth" => return (form(), vec![grant()]),
        _ => panic!("no such fields: {name}"),
    };
    (fields, Vec::new())
}

fn lines(target: &str, more: &[(String, String)]) -> Vec<Header> {
    let path = (b":path".to_vec(), target.as_bytes().to_vec());
    let more = more.iter().map(|(name, value)| (name.clone().into(), value.clone().into()));
    std::iter::once(path).chain(more).collect()
}

fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.fold(Vec::new(), |mut kept, value| {
        if !kept.contains(&value) {
            kept.push(value);
        }
        kept
    })
}

fn usernames(found: &Credentials) -> Vec<String> {
    distinct(found.candidates.iter().filter_map(|candidate| candidate.username.clone()))
}

fn passwords(found: &Credentials) -> Vec<String> {
    let sent = found.candidates.iter().filter_map(|candidate| candidate.password.as_ref());
    distinct(sent.map(|password| String::from_utf8_lossy(password.as_sent()).into_owned()))
}

fn flags(found: &Credentials) -> BTreeSet<String> {
    let flags = [
        ("absent", found.absent),
        ("unreadable", found.unreadable),
        ("ambiguous", found.ambiguous),
        ("batched", found.further_attempts >= 4),
        ("basic", found.basic),
    ];
    flags.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name.to_owned()).collect()
}

fn read_form(body: &[u8]) -> Credentials {
    match read(&form(), &[], None, Headers::new(&lines("/login", &[])), Body::Complete(body)) {
        Reading::Login(found) => found,
        Reading::NotALogin => panic!("no login: {}", String::from_utf8_lossy(body)),
    }
}

fn check(case: &DecoyBody) -> Result<(), String> {
    let (fields, conditions) = endpoint(&case.fields);
    let bytes = case.body();
    let body = if case.cut { Body::Cut(&bytes) } else { Body::Complete(&bytes) };
    let headers = lines(&format!("{}?{}", case.path, case.query), &case.headers);
    let found = match read(&fields, &conditions, None, Headers::new(&headers), body) {
        Reading::NotALogin if case.login => return Err("is taken for no login".to_owned()),
        Reading::NotALogin => return Ok(()),
        Reading::Login(found) => found,
    };
    if !case.login {
        return Err("is taken for a login".to_owned());
    }
    if let Some((username, password)) = &case.reads {
        let is_it = |sent: &Password| sent.spellings().any(|it| *it == *password.as_bytes());
        let mut sent = found.candidates.iter().filter_map(|pair| pair.password.as_ref());
        let is_seen =
            usernames(&found).contains(&normalise_username(username.as_bytes())) && sent.any(is_it);
        if !is_seen && !found.unreadable {
            return Err("the application reads what is not seen here".to_owned());
        }
    }
    let (got_users, got_words, got_flags) = (usernames(&found), passwords(&found), flags(&found));
    if (&got_users, &got_words, &got_flags) != (&case.usernames, &case.passwords, &case.flags) {
        return Err(format!("reads {got_users:?}, {got_words:?}, {got_flags:?}"));
    }
    Ok(())
}

#[test]
fn no_application_reads_credentials_that_are_missed_here() {
    let wrong: Vec<String> = decoy_bodies()
        .iter()
        .filter_map(|case| {
            let error = check(case).err()?;
            Some(format!("{} ({}, {}): {error}", case.why, case.application, case.fields))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn body_without_the_needed_method_is_no_login() {
    let methods = ["PUT".to_owned()];
    let named = |target: &str, body: Body<'_>| {
        let headers = lines(target, &[]);
        read(&form(), &[], Some(&methods), Headers::new(&headers), body) != Reading::NotALogin
    };
    assert!(!named("/login", Body::Complete(b"username=a&password=b")));
    assert!(!named("/login", Body::Complete(b"_method=delete&password=b")));
    assert!(named("/login", Body::Complete(b"username=a&password=b&_METHOD=%50ut")));
    assert!(named("/login", Body::Complete(br#"{"_method":"put"}"#)));
    assert!(named("/login?_method=PUT&password=b", Body::None));
    assert!(named("/login", Body::Cut(b"username=a")));
}

#[test]
fn request_with_neither_body_nor_password_is_no_login() {
    let fields = CredentialFields { basic: true, ..form() };
    let is_login = |target: &str, more: &[(&str, &str)], body: Body<'_>| {
        let more: Vec<_> = more.iter().map(|&(a, b)| (a.to_owned(), b.to_owned())).collect();
        read(&fields, &[], None, Headers::new(&lines(target, &more)), body) != Reading::NotALogin
    };
    assert!(!is_login("/login?next=%2Fhome", &[], Body::None));
    assert!(!is_login("/login?username=50%", &[], Body::None));
    assert!(!is_login("/login?username=alice", &[("authorization", "Bearer x")], Body::None));
    assert!(!is_login("/login", &[], Body::Complete(b"")));
    assert!(is_login("/login?password=a", &[], Body::None));
    assert!(is_login("/login", &[("authorization", "Basic !")], Body::None));
    assert!(is_login("/login", &[], Body::Cut(b"")));
}

#[test]
fn plain_body_without_a_password_is_absent_not_unreadable() {
    for (body, flag) in [
        ("{}", "absent"),
        (r#"{"username":"alice","password":null}"#, "absent"),
        ("_method=delete&authenticity_token=x", "absent"),
        ("username=alice&new_password=a&password_confirmation=a", "absent"),
        // A database may take it for an operator.
        (r#"{"username":"alice","password":{"$ne":null}}"#, "unreadable"),
        ("username=alice&password[$gt]=", "unreadable"),
        ("username=alice", "absent"),
        ("username", "unreadable"),
    ] {
        assert_eq!(flags(&read_form(body.as_bytes())), [flag.to_owned()].into(), "{body}");
    }
}

#[test]
fn password_in_the_query_is_that_of_a_plain_body_without_one() {
    let headers = lines("/login?password=x", &[]);
    let body = Body::Complete(b"username=alice");
    let found = read(&form(), &[], None, Headers::new(&headers), body);
    let Reading::Login(found) = found else { panic!("no login") };
    assert!(flags(&found).is_empty() && passwords(&found) == ["x"]);
}

#[test]
fn endpoint_that_finds_no_password_leaves_it_to_the_other() {
    let of = |body: &str| read_form(body.as_bytes());
    let (absent, login) = (of("username=bob"), of("username=alice&password=x"));
    assert_eq!(absent.clone().merge(login.clone()), login);
    assert_eq!(login.clone().merge(absent.clone()), login);
    assert!(absent.clone().merge(absent).absent);
    let unreadable = of("\0");
    assert!(login.clone().merge(unreadable.clone()).unreadable, "it may be a decoy");
    assert!(unreadable.merge(login).unreadable);
}

#[test]
fn body_may_be_anything_if_credentials_are_elsewhere() {
    let by_query = CredentialFields { query: names("u", "p"), ..CredentialFields::default() };
    let headers = lines("/login?u=alice&p=x", &[]);
    let read_it = |fields: &CredentialFields, headers: &[Header]| {
        read(fields, &[], None, Headers::new(headers), Body::Complete(b"\0anything"))
    };
    let Reading::Login(found) = read_it(&by_query, &headers) else { panic!("no login") };
    assert!(flags(&found).is_empty() && passwords(&found) == ["x"]);

    let by_basic = CredentialFields { basic: true, ..CredentialFields::default() };
    let headers = lines("/upload", &[("authorization".to_owned(), "Basic YTpi".to_owned())]);
    let Reading::Login(found) = read_it(&by_basic, &headers) else { panic!("no login") };
    assert_eq!(flags(&found), ["basic".to_owned()].into());
}

#[test]
fn basic_does_not_hide_the_credentials_in_the_body() {
    let fields = CredentialFields { basic: true, ..form() };
    let headers = lines("/login", &[("authorization".to_owned(), "Basic YTpi".to_owned())]);
    let body = Body::Complete(b"username=alice&password=real");
    let found = read(&fields, &[], None, Headers::new(&headers), body);
    let Reading::Login(found) = found else { panic!("no login") };
    assert_eq!(flags(&found), ["ambiguous".to_owned()].into());
    assert_eq!(passwords(&found), ["real", "b"]);
}

#[test]
fn crafted_bodies_are_read_in_linear_time() {
    let long_name = format!("{{\"{}\":[{}1]}}", "_".repeat(8000), "1,".repeat(4000));
    let many_parts = format!("password{}=x", "[0]".repeat(5000));
    let many_pairs = "username=%ff;password=a&".repeat(700);
    for body in [long_name, many_parts, many_pairs, "&".repeat(16_000), ";=".repeat(8000)] {
        let _ = read_form(body.as_bytes());
    }
}

proptest! {
    #[test]
    fn single_value_is_never_ambiguous(username in ".{1,20}", password in ".{0,20}", json: bool) {
        let encode = |text: &str| -> String {
            text.bytes().map(|byte| format!("%{byte:02X}")).collect()
        };
        let body = if json {
            serde_json::json!({"username": username, "password": password}).to_string()
        } else {
            format!("username={}&password={}", encode(&username), encode(&password))
        };
        prop_assume!(!json || !body.contains(['&', ';']));
        let found = read_form(body.as_bytes());
        prop_assert!(flags(&found).is_empty(), "{found:?}");
        prop_assert_eq!(usernames(&found), [normalise_username(username.as_bytes())]);
        prop_assert_eq!(passwords(&found), [password]);
    }

    #[test]
    fn every_distinct_value_is_in_a_candidate(
        users in prop::collection::vec("[a-c]", 1..4),
        words in prop::collection::vec("[a-d]", 1..5),
    ) {
        let pairs = users.iter().map(|user| format!("username={user}"));
        let pairs: Vec<_> = pairs.chain(words.iter().map(|word| format!("password={word}"))).collect();
        let found = read_form(pairs.join("&").as_bytes());
        prop_assert_eq!(usernames(&found), distinct(users.into_iter()));
        prop_assert_eq!(passwords(&found), distinct(words.into_iter()));
        prop_assert!(found.candidates.len() <= MAX_CANDIDATES);
    }

    #[test]
    fn bytes_never_panic(body: Vec<u8>, target: Vec<u8>, value: Vec<u8>) {
        let headers: Vec<Header> = vec![
            (b":path".to_vec(), target),
            (b"authorization".to_vec(), [b"Basic ", value.as_slice()].concat()),
            (b"content-type".to_vec(), value),
        ];
        let fields = CredentialFields { basic: true, json: names("/a/b", "/0"), ..form() };
        for body in [Body::None, Body::Complete(&body), Body::Cut(&body)] {
            let _ = read(&fields, &[grant()], None, Headers::new(&headers), body);
        }
    }
}
