//! Calls as clients and attackers send them to `xmlrpc.php`.

use proptest::prelude::*;

use super::*;
use crate::request::credentials::Candidate;

/// What was read: how many logins, the pairs kept, and whether they are ambiguous.
type Found = (u32, Vec<(String, String)>, bool);

fn found(body: &str) -> Option<Found> {
    let batch = read(body.as_bytes())?;
    let (attempts, is_ambiguous) = (batch.attempts(), batch.is_ambiguous());
    let pair = |candidate: Candidate| {
        let password = candidate.password.map(|it| it.as_sent().to_vec()).unwrap_or_default();
        let password = String::from_utf8_lossy(&password).into_owned();
        (candidate.username.unwrap_or_default(), password)
    };
    Some((attempts, batch.into_candidates().into_iter().map(pair).collect(), is_ambiguous))
}

fn request(method: &str, values: &[&str]) -> String {
    let parameters: String =
        values.iter().map(|value| format!("<param><value>{value}</value></param>\n")).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodCall>\n<methodName>{method}</methodName>\n\
         <params>\n{parameters}</params>\n</methodCall>\n"
    )
}

fn nested(method: &str, username: &str, password: &str) -> String {
    format!(
        "<value><struct><member><name>methodName</name><value><string>{method}</string></value>\
         </member><member><name>params</name><value><array><data><value>{username}</value>\
         <value><string>{password}</string></value></data></array></value></member></struct></value>"
    )
}

fn multicall(calls: &str) -> String {
    request("system.multicall", &[&format!("<array><data>{calls}</data></array>")])
}

fn one(username: &str, password: &str) -> Option<Found> {
    Some((1, vec![(username.to_owned(), password.to_owned())], false))
}

#[test]
fn credentials_are_at_the_places_of_each_method() {
    let (user, word) = ("<string>Admin</string>", "pa&amp;ss");
    for (method, values) in [
        ("wp.getUsersBlogs", vec![user, word]),
        ("wp.getPosts", vec!["<int>1</int>", user, word]),
        ("wp.getPage", vec!["1", "2", user, word]),
        ("wp.deletePage", vec!["1", user, word, "2"]),
        ("metaWeblog.newPost", vec!["1", user, word, "<struct/>"]),
        ("blogger.getUsersBlogs", vec!["key", user, word]),
        ("blogger.getRecentPosts", vec!["key", "1", user, word, "<i4>5</i4>"]),
        ("metaWeblog.deletePost", vec!["key", "1", user, word, "<boolean>1</boolean>"]),
        ("mt.getCategoryList", vec!["1", user, word]),
        ("  WP.GETUSERSBLOGS ", vec![user, word]),
        ("wp.someNewMethod", vec!["1", user, word]),
    ] {
        assert_eq!(found(&request(method, &values)), one("admin", "pa&ss"), "{method}");
    }
}

#[test]
fn call_without_credentials_is_no_login() {
    for (method, values) in [
        ("system.listMethods", vec![]),
        ("system.getCapabilities", vec![]),
        ("demo.sayHello", vec![]),
        (
            "pingback.ping",
            vec!["<string>http://a.test/</string>", "<string>http://b.test/</string>"],
        ),
        ("mt.supportedMethods", vec![]),
        ("mt.getTrackbackPings", vec!["1", "2", "3"]),
        ("wp.getUsersBlogs", vec!["admin"]),
    ] {
        assert_eq!(found(&request(method, &values)), Some((0, Vec::new(), false)), "{method}");
    }
    let bare = "<methodCall><methodName>system.listMethods</methodName></methodCall>";
    assert_eq!(found(bare), Some((0, Vec::new(), false)));
    assert_eq!(found(&bare.replace("</methodName>", "</methodName><params/>")).unwrap().0, 0);
}

#[test]
fn each_call_of_a_multicall_is_an_attempt() {
    let calls: String =
        (0..300).map(|i| nested("wp.getUsersBlogs", "admin", &format!("word{i}"))).collect();
    let (attempts, pairs, is_ambiguous) = found(&multicall(&calls)).expect("a call");
    assert_eq!((attempts, is_ambiguous), (300, false));
    assert_eq!(pairs[..2], [("admin".into(), "word0".into()), ("admin".into(), "word1".into())]);

    let few = nested("wp.getUsersBlogs", "ann", "a")
        + &nested("system.listMethods", "x", "y")
        + &nested("wp.getUsersBlogs", "bob", "b");
    let pairs = vec![("ann".into(), "a".into()), ("bob".into(), "b".into())];
    assert_eq!(found(&multicall(&few)), Some((2, pairs, false)));
}

#[test]
fn calls_are_found_wherever_wordpress_finds_them() {
    let call = nested("wp.getUsersBlogs", "ann", "a");
    // Beside each other as parameters, in a struct, and as the only parameter.
    let inner = call.strip_prefix("<value>").and_then(|it| it.strip_suffix("</value>")).unwrap();
    let listed = format!("<struct><member><name>x</name>{call}</member></struct>");
    for parameters in [vec![inner], vec![inner, "1"], vec![listed.as_str()]] {
        let body = request("system.multicall", &parameters);
        assert_eq!(found(&body), one("ann", "a"), "{body}");
    }
    // The only parameter, for all of them.
    let list = "<array><data><value>ann</value><value>a</value></data></array>";
    assert_eq!(found(&request("wp.getUsersBlogs", &[list])), one("ann", "a"));
}

#[test]
fn password_in_base64_is_decoded() {
    let values = ["<string>admin</string>", "<base64>\nMTIz\nNDU2\n</base64>"];
    assert_eq!(found(&request("wp.getUsersBlogs", &values)), one("admin", "123456"));
}

#[test]
fn number_for_a_password_is_ambiguous() {
    let (attempts, _, is_ambiguous) =
        found(&request("wp.getUsersBlogs", &["admin", "<int>0123456</int>"])).expect("a call");
    assert_eq!((attempts, is_ambiguous), (1, true));
}

#[test]
fn what_wordpress_may_read_otherwise_is_unreadable() {
    let plain = request("wp.getUsersBlogs", &["admin", "123456"]);
    assert!(found(&plain).is_some());
    for (from, to) in [
        ("123456", "12<!-- -->3456"),
        ("123456", "<![CDATA[123456]]>"),
        ("123456", "12<?x ?>3456"),
        ("123456", "&p;"),
        ("123456", "<base64>MTI*zNDU2</base64>"),
        ("123456", "<string>123456</string>x"),
        ("123456", "<text>123456</text>"),
        ("<value>123456</value>", "<string>123456</string>"),
        ("<value>", "<value a=\"b\">"),
        ("<methodCall>", "<!DOCTYPE methodCall><methodCall>"),
        ("<methodCall>", "<!DOCTYPE a [<!ENTITY p \"123456\">]><methodCall>"),
        ("</methodCall>", "</methodCall><methodCall/>"),
        ("</methodCall>", ""),
        ("methodCall", "methodcall"),
        ("UTF-8", "UTF-7"),
        ("<params>", "<params><param/>"),
    ] {
        let hostile = plain.replace(from, to);
        assert!(hostile != plain && found(&hostile).is_none(), "{from}: {to}");
    }
    for body in ["", "{}", "admin", "<html></html>", "<methodCall/>"] {
        assert_eq!(found(body), None, "{body}");
    }
    let member = |name: &str| format!("<member><name>{name}</name><value>x</value></member>");
    // PHP takes "0" for a place.
    let by_place = format!("<struct>{}{}</struct>", member("0"), member("1"));
    assert_eq!(found(&request("wp.getUsersBlogs", &[&by_place])), None);
    let twice = format!("<struct>{}{}</struct>", member("methodName"), member("methodName"));
    assert_eq!(found(&request("system.multicall", &[&twice])), None);
    let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(read(&wide).is_none());
}

#[test]
fn nesting_is_bounded() {
    let deep = |depth: usize| {
        let open = "<array><data><value>".repeat(depth);
        let close = "</value></data></array>".repeat(depth);
        request("wp.getUsersBlogs", &["admin", "x", &format!("{open}{close}")])
    };
    assert!(found(&deep(20)).is_some());
    assert!(found(&deep(40_000)).is_none());
}

proptest! {
    #[test]
    fn pairs_round_trip(username in "[a-z]{1,10}", password in "[^\\p{C}]{0,20}") {
        let escaped = password.replace('&', "&amp;").replace('<', "&lt;");
        let body = request("wp.getUsersBlogs", &[&username, &format!("<string>{escaped}</string>")]);
        prop_assert_eq!(found(&body), one(&username, &password));
    }

    #[test]
    fn never_panics(bytes: Vec<u8>, pieces in prop::collection::vec(
        prop::sample::select(vec![
            "<methodCall>", "</methodCall>", "<methodName>", "system.multicall", "</methodName>",
            "<params>", "<param>", "<value>", "</value>", "<array>", "<data>", "<struct>",
            "<member>", "<name>", "params", "</name>", "x", "&amp;", "<base64>", "</base64>",
        ]), 0..40,
    )) {
        let _ = (read(&bytes), read(pieces.concat().as_bytes()));
    }
}
