//! The fixtures, what is built in, and properties of the validator.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::{Configured, parse};
use crate::decision::signals::{Signal, SignalMeasure, Subject, UpdatedBy};
use crate::policy::{Action, Banned, Condition, Endpoint, Mode};
use crate::request::endpoint_match::{EndpointMatch, Target};
use crate::request::headers::Headers;

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/config").join(folder);
    let entries = std::fs::read_dir(&folder).expect("the folder of fixtures");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

fn lines(outcome: &Result<Configured, Vec<super::Problem>>) -> String {
    let mut text = String::new();
    match outcome {
        Ok(configured) => {
            for notice in &configured.notices {
                writeln!(text, "{notice}").expect("a string accepts every write");
            }
        }
        Err(problems) => {
            for problem in problems {
                writeln!(text, "{problem}").expect("a string accepts every write");
            }
        }
    }
    text
}

/// Compares with the text beside a fixture. `UNSTUFF_BLESS=1` writes it instead: read the
/// difference before committing it, because operators read it.
fn compare(fixture: &Path, said: &str) -> Option<String> {
    let beside = fixture.with_extension("txt");
    if std::env::var_os("UNSTUFF_BLESS").is_some() {
        std::fs::write(&beside, said).expect("the text beside the fixture");
    }
    let expected = std::fs::read_to_string(&beside).unwrap_or_default();
    (expected != said)
        .then(|| format!("{}\n--- expected\n{expected}--- said\n{said}", fixture.display()))
}

#[test]
fn every_bad_configuration_is_refused_with_the_text_beside_it() {
    let files = fixtures("bad");
    assert!(files.len() >= 25, "only {} fixtures", files.len());
    let wrong: Vec<_> = files
        .iter()
        .filter_map(|file| {
            let outcome = parse(&std::fs::read(file).expect("the fixture"));
            assert!(outcome.is_err(), "{} was accepted", file.display());
            compare(file, &lines(&outcome))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_good_configuration_is_accepted_with_the_notices_beside_it() {
    let files = fixtures("good");
    assert!(files.len() >= 8, "only {} fixtures", files.len());
    let wrong: Vec<_> = files
        .iter()
        .filter_map(|file| {
            let outcome = parse(&std::fs::read(file).expect("the fixture"));
            let said = lines(&outcome);
            assert!(outcome.is_ok(), "{} was refused:\n{said}", file.display());
            compare(file, &said)
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_configuration_is_the_default_in_shadow_mode() {
    for nothing in ["", " \n", "{}", "\u{feff}{}"] {
        let configured = parse(nothing.as_bytes()).expect("the default is valid");
        let policy = &configured.policy;
        assert_eq!(policy.mode, Mode::Shadow);
        assert!(policy.endpoints.iter().any(|endpoint| endpoint.name == "login"));
        assert!(policy.rules.iter().any(|rule| rule.then == Action::Block && rule.ban.is_some()));
        let said =
            configured.notices.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(said.contains("nothing is enforced") && said.contains("\"mode\": \"enforce\""));
    }
}

#[test]
fn common_login_locations_are_found_without_configuration() {
    let policy = parse(b"{}").expect("the default is valid").policy;
    let endpoint_of = |path: &str| {
        let header =
            |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
        let headers =
            [header(":method", "POST"), header(":authority", "example.com"), header(":path", path)];
        let target = Target::of(Headers::new(&headers));
        let found =
            |endpoint: &&Endpoint| endpoint.matcher.match_target(&target) == EndpointMatch::Yes;
        policy.endpoints.iter().find(found).map(|endpoint| endpoint.name.as_str())
    };
    for (path, endpoint) in [
        ("/wp-login.php", "wordpress"),
        ("/realms/Shop/protocol/openid-connect/token", "oauth2"),
        ("/login?next=/", "login"),
        ("/users/sign_in", "devise"),
        ("/session", "rails"),
        ("/customer/account/loginPost/", "magento"),
        ("/Identity/Account/Login", "aspnet"),
        ("/shop/j_security_check", "servlet"),
        ("/blog/wp-login.php", "wordpress"),
        ("/jenkins/j_spring_security_check", "jenkins"),
        ("/realms/Shop/login-actions/authenticate?session_code=x", "keycloak"),
        ("/api/firstfactor", "authelia"),
        ("/api/v3/flows/executor/default-authentication-flow/", "authentik"),
        ("/ghost/api/admin/session/", "ghost"),
        ("/hub/login", "jupyterhub"),
        ("/api/auth/local", "strapi"),
        ("/dj-rest-auth/login/", "dj-rest-auth"),
        ("/wiki/doku.php?id=start", "dokuwiki"),
        ("/phpmyadmin/", "phpmyadmin"),
    ] {
        assert_eq!(endpoint_of(path), Some(endpoint), "{path}");
    }
    assert_eq!(endpoint_of("/articles/how-to-login"), None);
}

#[test]
fn numbers_of_a_protobuf_struct_are_whole_numbers() {
    let config = br#"{"rules": [{"name": "a", "then": "block",
        "when": {"ip.failures": {"over": 10.0, "within": "60m"}}}]}"#;
    assert!(parse(config).is_ok());
}

#[test]
fn problems_never_show_the_value_of_an_unknown_key() {
    let config = br#"{"device": {"keys": ["s3cret"]}, "token": "s3cret"}"#;
    let problems = parse(config).expect_err("keys of a later version");
    let shown = format!("{problems:?}");
    assert_eq!(problems.len(), 2);
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn problems_never_show_a_key() {
    for config in [
        r#"{"keys": "s3cret"}"#,
        r#"{"keys": ["s3cret"]}"#,
        r#"{"challenge": {"handover": {"url": "/a", "return": "/b", "key": "s3cret"}}}"#,
    ] {
        let shown = format!("{:?}", parse(config.as_bytes()).expect_err("no key"));
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

/// What the module makes of a configuration where these variables are set.
fn parse_with(variables: &[(&str, &str)], config: &str) -> Result<Configured, Vec<super::Problem>> {
    let get = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    super::parse_in(super::VmEnvironment::Known(&get), config.as_bytes())
}

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

#[test]
fn a_key_of_the_environment_is_the_same_as_one_that_is_written_down() {
    let named = r#"{"keys": [{"env": "UNSTUFF_KEY"}]}"#;
    let from_variable = parse_with(&[("UNSTUFF_KEY", &format!("{KEY}\n"))], named).expect("a key");
    let written = parse(format!(r#"{{"keys": ["{KEY}"]}}"#).as_bytes()).expect("a key");
    assert_eq!(from_variable.policy.keys, written.policy.keys);
    let said: Vec<_> = from_variable.notices.iter().map(ToString::to_string).collect();
    assert!(
        said.iter().any(|it| it.contains("UNSTUFF_KEY") && it.contains("restarts")),
        "{said:?}"
    );
    let handover =
        r#"{"challenge": {"handover": {"url": "/a", "return": "/b", "key": {"env": "SHARED"}}}}"#;
    assert!(parse_with(&[("SHARED", KEY)], handover).is_ok());
    assert!(parse_with(&[], handover).is_err());
}

#[test]
fn a_variable_that_holds_no_key_rejects_the_configuration() {
    let named = r#"{"keys": [{"env": "UNSTUFF_KEY"}]}"#;
    for (variables, expected) in [
        (&[][..], "the VM's environment has no variable of this name"),
        (&[("UNSTUFF_KEY", "")][..], "the variable holds no key"),
        (&[("UNSTUFF_KEY", "s3cret")], "the variable holds no key"),
        (&[("OTHER", KEY)], "the VM's environment has no variable of this name"),
    ] {
        let problems = parse_with(variables, named).expect_err("no key");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].path, "$.keys[0]");
        let said = problems[0].to_string();
        assert!(said.contains(expected) && !said.contains("s3cret"), "{said}");
    }
}

#[test]
fn a_tool_takes_variables_for_set_and_says_so() {
    let two = r#"{"keys": [{"env": "NEW"}, {"env": "OLD"}]}"#;
    let configured = parse(two.as_bytes()).expect("the variables are the module's to read");
    assert_eq!(configured.policy.keys.len(), 2);
    let said: Vec<_> = configured.notices.iter().map(ToString::to_string).collect();
    assert!(
        said.iter().any(|it| it.contains("(NEW, OLD), which was not checked here")),
        "{said:?}"
    );
    assert!(parse(br#"{"keys": [{"env": "A"}, {"env": "A"}]}"#).is_err(), "both keys are the same");
}

#[test]
fn a_key_in_place_of_a_variables_name_is_never_shown() {
    for config in [
        r#"{"keys": [{"env": "s3cret/+="}]}"#,
        r#"{"keys": [{"env": "s3cret"}]}"#,
        r#"{"keys": [{"env": ["s3cret"]}]}"#,
        r#"{"keys": [{"value": "s3cret"}]}"#,
        r#"{"keys": [{"env": "A", "value": "s3cret"}]}"#,
    ] {
        let shown = format!("{:?}", parse_with(&[], config).expect_err("no key"));
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    // Words that lead deep into the readers, and some that do not.
    let word = prop::sample::select(vec![
        "mode",
        "enforce",
        "endpoints",
        "name",
        "preset",
        "wordpress",
        "match",
        "path",
        "/login",
        "path_regex",
        "(",
        "hosts",
        "methods",
        "credentials",
        "form",
        "json",
        "username",
        "password",
        "body",
        "failure",
        "success",
        "status",
        "2xx",
        "header",
        "location",
        "client",
        "address",
        "trusted_hops",
        "ipv6_prefix",
        "allow",
        "192.0.2.0/24",
        "rules",
        "when",
        "ip.failures",
        "password.breached",
        "over",
        "within",
        "1h",
        "per_success",
        "then",
        "block",
        "ban",
        "ip",
        "for",
        "15m",
        "exempt",
        "replies",
        "challenge",
        "redirect",
        "retry_after",
        "state",
        "max_bytes",
        "64MiB",
        "max_body",
        "about",
        "",
        "\u{0}é…",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0u64..600).prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word.clone().prop_map(str::to_owned), inner), 0..8)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = lines(&parse(&bytes));
    }

    #[test]
    fn arbitrary_json_never_panics_and_problems_say_where(json in any_json()) {
        if let Err(problems) = parse(json.to_string().as_bytes()) {
            prop_assert!(!problems.is_empty());
            for problem in problems {
                prop_assert!(problem.path.starts_with('$'), "{problem}");
            }
        }
    }
}

/// A rule that is well-formed, and may still be one that hurts people.
fn any_rule() -> impl Strategy<Value = serde_json::Value> {
    use crate::decision::signals::TABLE;
    use serde_json::json;
    let condition = (prop::sample::select(TABLE.to_vec()), any::<bool>(), 1..250u32, 0..9u32);
    let action = prop::sample::select(Action::ALL.to_vec());
    let ban = prop::sample::select(vec![
        None,
        Some("ip"),
        Some("network"),
        Some("fingerprint"),
        Some("username"),
        Some("site"),
    ]);
    (prop::collection::vec(condition, 0..4), action, ban, any::<bool>()).prop_map(
        |(conditions, action, ban, timed)| {
            let when: serde_json::Map<_, _> = conditions
                .into_iter()
                .map(|(row, wanted, over, per_success)| {
                    let condition = match (row.measure(), row.windows().first()) {
                        (Some(SignalMeasure::Share), Some(window)) => json!({
                            "over": over.min(99), "within": window.name(), "at_least": 10 + over,
                        }),
                        (Some(_), Some(window)) => json!({
                            "over": over, "within": window.name(), "per_success": per_success,
                        }),
                        _ => json!(wanted),
                    };
                    (row.name.to_owned(), condition)
                })
                .collect();
            let mut rule = json!({ "name": "any", "when": when, "then": action.name() });
            if let Some(ban) = ban {
                rule["ban"] = ban.into();
            }
            if timed {
                rule["for"] = "1h".into();
            }
            rule
        },
    )
}

proptest! {
    #[test]
    fn no_accepted_rule_bans_without_failures_or_stops_for_a_breached_password(rule in any_rule()) {
        let config = serde_json::json!({ "rules": [rule] });
        let Ok(configured) = parse(config.to_string().as_bytes()) else { return Ok(()) };
        let rule = &configured.policy.rules[0];
        let banned = rule.ban.map(|ban| match ban.banned {
            Banned::Ip => Subject::Ip,
            Banned::Network => Subject::Network,
            Banned::Fingerprint => Subject::Fingerprint,
        });
        let failed = |condition: &Condition| {
            let row = condition.signal().row();
            Some(row.subject) == banned && row.updated_by() == Some(UpdatedBy::Outcome)
        };
        let harmless = |condition: &Condition| matches!(condition, Condition::Is { wanted: false, .. }
            | Condition::Is { signal: Signal::PasswordBreached | Signal::PasswordBreachedLive
                | Signal::DeviceKnown
                | Signal::AccountFamiliarNetwork | Signal::AccountFamiliarClient | Signal::AccountSeen
                | Signal::AccountUnexpected, .. });
        let of_site = |condition: &Condition| condition.signal() == Signal::SiteUnderAttack;
        let severe = rule.then == Action::Block || rule.ban.is_some();
        prop_assert!(!severe || !rule.when.iter().any(of_site));
        prop_assert!(!rule.when.is_empty());
        prop_assert!(rule.ban.is_none() || (rule.then.stops() && rule.when.iter().any(failed)));
        prop_assert!(!rule.then.stops() || !rule.when.iter().all(harmless));
    }
}

#[test]
fn deep_nesting_is_a_problem_and_not_a_crash() {
    let deep = "[".repeat(100_000);
    assert_eq!(parse(deep.as_bytes()).expect_err("too deep").len(), 1);
}

#[test]
fn a_protobuf_struct_is_told_from_broken_json() {
    // {"mode": "shadow"} as Envoy 1.36.2 and 1.40.0 hand it over.
    let given = b"\x0a\x10\x0a\x04mode\x12\x08\x1a\x06shadow";
    let problems = parse(given).expect_err("not JSON");
    assert!(problems[0].to_string().contains("google.protobuf.StringValue"), "{}", problems[0]);
    let newline = parse(b"\n\n{\"mode\":}").expect_err("broken JSON");
    assert!(!newline[0].to_string().contains("protobuf"), "{}", newline[0]);
}
