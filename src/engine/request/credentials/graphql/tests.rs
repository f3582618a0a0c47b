//! Requests as clients and attackers send them to GraphQL servers.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn fields() -> GraphqlFields {
    let one = |name: &str| vec![name.to_owned()];
    GraphqlFields { field: one("login"), username: one("email"), password: one("password") }
}

/// What was read, as a line: the pairs, how many logins, and the flags.
fn shown(reading: GraphqlReading) -> String {
    let GraphqlReading { batch, may_be_login, is_unreadable, .. } = reading;
    let (attempts, is_ambiguous) = (batch.attempts(), batch.is_ambiguous());
    let mut shown: Vec<String> = batch
        .into_candidates()
        .into_iter()
        .map(|candidate| {
            let password = candidate.password.map(|it| it.as_sent().to_vec()).unwrap_or_default();
            let password = String::from_utf8_lossy(&password).into_owned();
            format!("{}/{password}", candidate.username.unwrap_or_default())
        })
        .collect();
    shown.push(attempts.to_string());
    let flags = [("ambiguous", is_ambiguous), ("may", may_be_login), ("unreadable", is_unreadable)];
    shown.extend(flags.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| (*name).to_owned()));
    shown.join(" ")
}

fn read_json(text: &str) -> String {
    let fields = fields();
    let mut request = GraphqlRequest::new(&fields);
    request.json(text.as_bytes());
    shown(request.read())
}

fn read_query(query: &str, variables: serde_json::Value) -> String {
    read_json(&json!({"operationName": "Me", "query": query, "variables": variables}).to_string())
}

#[test]
fn credentials_are_read_from_arguments_variables_and_input_objects() {
    let pair = json!({"email": "Ann", "password": "x"});
    for (query, variables) in [
        ("mutation { login(email: \"Ann\", password: \"x\") { token } }", json!(null)),
        (
            "mutation L($a: String!, $b: String!) { login(email: $a, password: $b) }",
            json!({"a": "Ann", "b": "x"}),
        ),
        (
            "mutation ($a: String = \"Ann\", $b: String = \"x\") { login(email: $a, password: $b) }",
            json!({}),
        ),
        (
            "mutation ($a: String = \"no\", $b: String = \"x\") { login(email: $a, password: $b) }",
            json!({"a": "Ann"}),
        ),
        ("mutation { login(input: {email: \"Ann\", password: \"x\"}) }", json!({})),
        ("mutation ($i: LoginInput!) { login(input: $i) }", json!({"i": pair.clone()})),
        ("mutation ($i: In = {email: \"Ann\", password: \"x\"}) { login(input: $i) }", json!({})),
        (
            "mutation ($b: String!) { login(input: {user: {email: \"Ann\"}, password: $b}) }",
            json!({"b": "x"}),
        ),
        (
            "mutation ($a: String, $b: String) { auth { ...F } } \
          fragment F on Auth { login(email: $a, password: $b) }",
            json!({"a": "Ann", "b": "x"}),
        ),
        ("query Me { me } mutation L { login(email: \"Ann\", password: \"x\") }", json!({})),
        ("mutation { login(email: \"Ann\", password: \"\"\"x\"\"\") }", json!({})),
        ("mutation { login(email: \"\\u0041nn\", password: \"x\") }", json!({})),
    ] {
        assert_eq!(read_query(query, variables), "ann/x 1", "{query}");
    }
}

#[test]
fn query_without_the_login_is_none() {
    for query in [
        "{ viewer { login } }",
        "query IntrospectionQuery { __schema { types { ...F } } } fragment F on __Type { name }",
        "mutation { register(email: \"a\", password: \"b\") { login } }",
        "mutation { login: register(email: \"a\", password: \"b\") { id } }",
    ] {
        let variables = json!({"email": "ann", "password": "x"});
        assert_eq!(read_query(query, variables), "0", "{query}");
    }
    assert_eq!(read_json("{}"), "0");
    assert_eq!(read_json("[]"), "0");
}

#[test]
fn each_alias_and_each_entry_is_an_attempt() {
    let aliases: String = (0..100)
        .map(|i| format!("a{i}: login(email: \"ann\", password: \"p{i}\") {{ t }}\n"))
        .collect();
    let found = read_query(&format!("mutation {{ {aliases} }}"), json!({}));
    assert_eq!(found, "ann/p0 ann/p1 ann/p2 ann/p3 100");

    let entry = |user: &str, word: &str| {
        json!({"query": "mutation($e:E,$p:P){login(email:$e,password:$p)}",
               "variables": {"e": user, "p": word}})
    };
    let batch = json!([entry("ann", "x"), {"query": "{me}"}, entry("bob", "y")]);
    assert_eq!(read_json(&batch.to_string()), "ann/x bob/y 2");
    // Each entry has its own variables.
    let query = "mutation($e:E){login(email:$e,password:\"z\")}";
    let batch = json!([{"query": query, "variables": {"e": "ann"}}, {"query": query}]);
    assert_eq!(read_json(&batch.to_string()), "ann/z /z 2");
}

#[test]
fn value_that_another_server_takes_is_read_too() {
    let query = "mutation($e:E=\\\"ann\\\",$p:P=\\\"d\\\"){login(email:$e,password:$p)}";
    for (members, expected) in [
        (r#""variables":{"p":"x","p":"y"}"#, "ann/x ann/y 1 ambiguous"),
        (r#""variables":{"p":"x"},"variables":{"p":"y"}"#, "ann/x ann/y 1 ambiguous"),
        (r#""variables":{"p":"x"},"variables":{}"#, "ann/x ann/d 1 ambiguous"),
        (r#""Variables":{"p":"x"}"#, "ann/x 1"),
        (r#""variables":"{\"p\":\"x\"}""#, "ann/x 1"),
        (r#""variables":{"p":123456}"#, "ann/123456 1"),
        (r#""variables":{"p":1.5}"#, "ann/1.5 1 ambiguous"),
        (r#""variables":{"p":["x"]}"#, "ann/x 1"),
        (r#""variables":{"p":null}"#, "ann/ 1"),
        (r#""variables":"","query":"{me}""#, "ann/d 1"),
        (r#""query":"mutation{login(email:\"bob\",password:\"b\")}""#, "ann/d bob/b 2"),
        (r#""variables":"{p:1}""#, "ann/d 1 unreadable"),
        (r#""variables":[1]"#, "ann/d 1 unreadable"),
        (r#""query":["a"]"#, "ann/d 1 unreadable"),
        (r#""query":"{""#, "ann/d 1 unreadable"),
    ] {
        let text = format!("{{\"query\":\"{query}\",{members}}}");
        assert_eq!(read_json(&text), expected, "{members}");
    }
    let decoy =
        "mutation{login(a:{password:\"x\"},b:{password:\"y\"},PASSWORD:\"x\",email:\"ann\")}";
    assert_eq!(
        read_query(decoy, json!({})),
        "ann/x ann/y ann/x 1 ambiguous".replace(" ann/x 1", " 1")
    );
    for text in ["{", "1", "[1]", "[[{}]]", "{\"query\":\"{a}\"} x", "\u{1}"] {
        assert_eq!(read_json(text), "0 unreadable", "{text}");
    }
}

#[test]
fn parameters_are_read_as_json_is() {
    let read = |parameters: &[(&str, &str)], json: &str| {
        let fields = fields();
        let mut request = GraphqlRequest::new(&fields);
        for (name, value) in parameters {
            request.parameter(name.as_bytes(), value.as_bytes());
        }
        if !json.is_empty() {
            request.json(json.as_bytes());
        }
        shown(request.read())
    };
    let query = "mutation($p:P){login(email:\"ann\",password:$p)}";
    let literal = "mutation{login(email:\"ann\",password:\"x\")}";
    for (parameters, json, expected) in [
        (vec![("query", query), ("variables", "{\"p\":\"x\"}")], "", "ann/x 1"),
        (vec![("query", query), ("variables[p]", "x")], "", "ann/x 1"),
        (vec![("[QUERY]", query), ("variables.p", "x")], "", "ann/x 1"),
        (vec![("query", literal), ("variables", "")], "", "ann/x 1"),
        (vec![("query", query), ("variables", "{")], "", "ann/ 1 unreadable"),
        (vec![("query", "x")], "", "0 unreadable"),
        (vec![("id", "5"), ("page", "2")], "", "0"),
        // The address may win over the body, in whole or in part.
        (vec![("query", literal)], "{\"query\":\"{me}\"}", "ann/x 1"),
        (vec![("query", query)], "{\"variables\":{\"p\":\"x\"}}", "ann/x 1"),
        (
            vec![("variables", "{\"p\":\"y\"}")],
            "{\"query\":\"mutation($p:P){login(email:\\\"ann\\\",password:$p)}\",\
              \"variables\":{\"p\":\"x\"}}",
            "ann/y ann/x 1 ambiguous",
        ),
        // Of a multipart form.
        (
            vec![
                (
                    "operations",
                    "{\"query\":\"mutation{login(email:\\\"ann\\\",password:\\\"x\\\")}\"}",
                ),
                ("map", "{\"0\":[\"variables.file\"]}"),
            ],
            "",
            "ann/x 1",
        ),
        (vec![("operations", "x")], "", "0 unreadable"),
    ] {
        assert_eq!(read(&parameters, json), expected, "{parameters:?} {json}");
    }
    let input = "mutation($i:I){login(input:$i)}";
    let nested =
        [("query", input), ("variables[i][email]", "ann"), ("variables[i][password]", "x")];
    assert_eq!(read(&nested, ""), "ann/x 1");
}

#[test]
fn persisted_query_is_a_login_if_its_variables_are_named_so() {
    let persisted = json!({"persistedQuery": {"version": 1, "sha256Hash": "ab"}});
    for (request, expected) in [
        (
            json!({"extensions": persisted, "variables": {"email": "ann", "password": "x"}}),
            "ann/x 1",
        ),
        (json!({"id": "ab", "variables": {"input": {"email": "ann", "password": "x"}}}), "ann/x 1"),
        (json!({"id": "ab", "variables": {"a": "ann", "b": "x"}}), "0 may"),
        (json!({"extensions": persisted}), "0"),
        // A document of the server's wins over the one that is sent.
        (json!({"id": "ab", "query": "{me}", "variables": {"password": "x"}}), "/x 1"),
        (json!({"query": "{me}", "extensions": persisted, "variables": {"password": "x"}}), "0"),
    ] {
        assert_eq!(read_json(&request.to_string()), expected, "{request}");
    }
}

#[test]
fn repeated_use_of_a_large_variable_is_bounded() {
    let uses =
        "login(a:$v,password:$v,b:$v)".to_owned() + &"x:login(c:[$v,$v,$v,$v])".repeat(2_000);
    let many: String =
        (0..4).map(|i| format!("l{i}:login(c{i}:[{}])", "$v,".repeat(3_000))).collect();
    let query = format!("mutation($v:V){{{uses}{many}}}");
    let large: Vec<u32> = (0..5_000).collect();
    let found = read_query(&query, json!({"v": large}));
    assert!(found.ends_with("unreadable"), "{}", &found[found.len().saturating_sub(40)..]);
}

proptest! {
    #[test]
    fn pairs_round_trip(user in "[a-z]{1,10}", word in "[^\\p{C}]{0,20}", inline: bool) {
        let quoted = |text: &str| serde_json::to_string(text).expect("JSON");
        let found = if inline {
            let query = format!("mutation{{login(email:{},password:{})}}", quoted(&user), quoted(&word));
            read_query(&query, json!({}))
        } else {
            let query = "mutation($e:E,$p:P){login(email:$e,password:$p)}";
            read_query(query, json!({"e": user, "p": word}))
        };
        prop_assert_eq!(found, format!("{user}/{word} 1"));
    }

    #[test]
    fn never_panics(bytes: Vec<u8>, text in "[{}\\[\\]\":,a()$ ]{0,40}") {
        let fields = fields();
        let mut request = GraphqlRequest::new(&fields);
        request.json(&bytes);
        request.json(text.as_bytes());
        request.parameter(&bytes, &bytes);
        request.parameter(b"variables[a]", &bytes);
        request.document(text.as_bytes());
        let _ = request.read();
    }
}
