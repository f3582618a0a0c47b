//! Which names could be a field, and which of them are exactly it.

use proptest::prelude::*;

use super::*;

fn spelling(wanted: &str, given: &str) -> Option<Spelling> {
    ConfiguredName::of(wanted).spelling(&SentName::of(given.as_bytes()))
}

#[test]
fn configured_name_is_exact_also_with_an_index_and_in_the_usual_case() {
    for (wanted, given) in [
        ("password", "password"),
        ("password", "Password"),
        ("userid", "userID"),
        ("user_name", "User_Name"),
        ("password", "password[]"),
        ("password", "password[0]"),
        ("user[password]", "user[password]"),
        ("user[password]", "user[password][]"),
        ("users[password]", "users[0][password]"),
        ("_username", "_username"),
        ("P101_PASSWORD", "P101_PASSWORD"),
        ("Input.Password", "Input.Password"),
        ("ctl00$Login$Password", "ctl00$Login$Password"),
        ("/user/password", "user[password]"),
        ("/credentials/1/value", "credentials[1][value]"),
        ("/a~1b/c~0d", "a/b[c~d]"),
        ("input_1", "input_1[0]"),
        ("input[1]", "input[1]"),
        ("größe", "größe"),
    ] {
        assert_eq!(spelling(wanted, given), Some(Spelling::Exact), "{wanted}: {given}");
    }
}

#[test]
fn name_that_some_parser_reads_as_the_configured_one_is_loose() {
    for (wanted, given) in [
        ("password", "PASSWORD"),
        ("password", "paſſword"),
        ("password", "[password]"),
        ("password", "[[]password"),
        ("password", "][password]"),
        ("password", "[password"),
        ("password", "password]"),
        ("password", "[password][0]"),
        ("password", "[password]x"),
        ("password", "password[0]x[y]"),
        ("password", "password[ ]"),
        ("password", ".password"),
        ("password", "!password"),
        ("password", "?password"),
        ("password", "password.0"),
        ("password", " password"),
        ("password", "password\t"),
        ("password", "pass word"),
        ("password", "\u{feff}pass\u{200b}word"),
        ("password", "pass\u{1}word"),
        ("password", "\0password"),
        ("password", "password\0x"),
        ("password", "password\0[confirm]"),
        ("password", "%2epassword"),
        ("password", "%255bpassword"),
        ("password", "p%61ssword"),
        ("user[password]", "[user][password]"),
        ("user[password]", "user[password]x"),
        ("user[password]", "user[password][x"),
        ("user[password]", "user[password][confirm]"),
        ("user[password]", "user[password]x[y]"),
        ("user[password]", "user[password][x"),
        ("user[password]", "user]x[password]"),
        ("user[password]", "USER[password]"),
        ("user[password]", "user.password"),
        ("user[password]", "user['password']"),
        ("user[password]", "user[][password]x"),
        ("user[password]", "[user]password"),
        ("user_password", "user password"),
        ("user_password", "user.password"),
        ("user_password", "user[password"),
        ("_username", ".username"),
        ("/user/password", "user[password]x"),
    ] {
        assert_eq!(spelling(wanted, given), Some(Spelling::Loose), "{wanted}: {given}");
    }
}

#[test]
fn other_fields_are_not_recognised() {
    for (wanted, given) in [
        ("password", "password2"),
        ("password", "password[confirm]"),
        ("password", "password.confirm"),
        ("password", "password_confirmation"),
        ("password", "password-confirmation"),
        ("password", "old[password]"),
        ("password", "old.password"),
        ("password", "[old][password]"),
        ("password", "new_password"),
        ("password", "_password"),
        ("_password", "password"),
        ("password", "pass"),
        ("password", ""),
        ("password", "[]"),
        ("password", "{\"password\":"),
        ("input_3", "input_1_3"),
        ("input_3", "input_3_1"),
        ("user[password]", "password"),
        ("user[password]", "user_password"),
        ("user[password]", "old[user][password]"),
        ("user", "user[email]"),
        ("/credentials/1/value", "credentials[0][value]"),
    ] {
        assert_eq!(spelling(wanted, given), None, "{wanted}: {given}");
    }
}

#[test]
fn json_pointer_may_begin_with_an_index() {
    let element = |element, name: &'static str| SentName {
        element: Some(element),
        ..SentName::of(name.as_bytes())
    };
    let second = ConfiguredName::of("/1/password");
    assert_eq!(second.spelling(&element(1, "password")), Some(Spelling::Exact));
    assert_eq!(second.spelling(&element(0, "password")), None);
    assert_eq!(ConfiguredName::of("/1").spelling(&element(1, "")), Some(Spelling::Exact));
    assert_eq!(
        ConfiguredName::of("/password").spelling(&element(0, "password")),
        Some(Spelling::Exact)
    );
}

#[test]
fn long_name_is_compared_in_linear_time() {
    for part in ["[", "]x", "[0]", ".", "a_", "\0x", " a"] {
        let name = part.repeat(100_000);
        for wanted in ["a_a_a_a_a_a_a", "x[x]", "password"] {
            let _ = spelling(wanted, &name);
        }
    }
}

proptest! {
    #[test]
    fn name_is_recognised_with_whatever_parsers_drop(
        name in "[a-z]{1,8}(\\[[a-z]{1,8}\\]){0,2}",
        before in "[!?.\\[\\] \\x00-\\x1f]{0,4}",
        after in "(\\[[0-9]*\\]|\\]|!| ){0,3}",
    ) {
        prop_assert_eq!(spelling(&name, &name), Some(Spelling::Exact));
        let loose = format!("{before}{name}{after}");
        prop_assert!(spelling(&name, &loose).is_some(), "{loose:?}");
    }

    #[test]
    fn name_is_recognised_in_any_case(name in "[a-z_.\\[\\]]{1,20}") {
        prop_assume!(name.bytes().any(|byte| byte.is_ascii_alphanumeric()));
        prop_assert_eq!(spelling(&name, &name), Some(Spelling::Exact));
        prop_assert!(spelling(&name, &name.to_uppercase()).is_some());
    }

    #[test]
    fn words_around_it_make_another_field(
        name in "[a-z]{1,8}", other in "[a-z]{1,8}", mark in "[_.\\[-]",
    ) {
        prop_assume!(name != other);
        prop_assert_eq!(spelling(&name, &format!("{other}{mark}{name}")), None);
        prop_assert_eq!(spelling(&name, &format!("{name}{mark}{other}")), None);
    }

    #[test]
    fn names_never_panic(wanted in ".{1,20}", given: Vec<u8>) {
        let _ = ConfiguredName::of(&wanted).spelling(&SentName::of(&given));
    }
}
