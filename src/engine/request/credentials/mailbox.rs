//! Mailboxes: the one account behind the spellings of its mail address.
//!
//! Many applications send `alice+shop@example.com` and `alice@example.com` to one account, or their
//! mail goes to one mailbox at least. An attacker who varies the spelling would have a counter of
//! each. So failures and credit are counted for the mailbox. Devices, filters of pairs and upstream
//! get the name as it is normalised ([`super::normalise_username`]).
//!
//! Only a name with exactly one `@` is a mail address: `john smith` and `johnsmith` stay two. If an
//! application does take two spellings for two accounts, counters are stricter, and nobody is
//! stopped by less than a challenge.

use std::borrow::Cow;

/// The domains whose mail servers ignore dots in a name, with the domain that stands for each.
const DOTLESS: [(&str, &str); 2] = [("gmail.com", "gmail.com"), ("googlemail.com", "gmail.com")];

/// The spelling that stands for the mailbox of a normalised username: without blanks, without a
/// `+tag`, without dots where they mean nothing. Other names stay as they are.
#[must_use]
pub fn mailbox(username: &str) -> Cow<'_, str> {
    let Some((local, domain)) = username.split_once('@').filter(|(_, it)| !it.contains('@')) else {
        return Cow::Borrowed(username);
    };
    let domain = without(domain, ' ');
    let domain = domain.trim_end_matches('.');
    let dotless = DOTLESS.iter().find(|(name, _)| *name == domain);
    let is_plain = !local.contains([' ', '+']) && dotless.is_none();
    if is_plain && username.ends_with(domain) {
        return Cow::Borrowed(username);
    }
    let local = without(local, ' ');
    // A name that begins with a plus is a name.
    let name = match local.split_once('+') {
        Some((name, _)) if !name.is_empty() => name,
        _ => &local,
    };
    Cow::Owned(match dotless {
        Some((_, domain)) => format!("{}@{domain}", without(name, '.')),
        None => format!("{name}@{domain}"),
    })
}

fn without(text: &str, letter: char) -> Cow<'_, str> {
    if text.contains(letter) { Cow::Owned(text.replace(letter, "")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_mailbox_are_equal() {
        for (mail, spellings) in [
            (
                "alice@example.com",
                &[
                    "alice+@example.com",
                    "alice+a+b@example.com",
                    "ali ce@example.com",
                    "alice@example.com.",
                    "alice@exam ple.com",
                    "alice+x @example.com",
                ][..],
            ),
            (
                "jdoe@gmail.com",
                &[
                    "j.doe@gmail.com",
                    "j.d.o.e.@gmail.com",
                    "jdoe@googlemail.com",
                    "j.doe+shop@googlemail.com",
                ],
            ),
        ] {
            assert_eq!(mailbox(mail), mail);
            spellings.iter().for_each(|it| assert_eq!(mailbox(it), mail, "{it}"));
        }
    }

    #[test]
    fn other_names_are_other_accounts() {
        for name in [
            "john smith",
            "johnsmith",
            "john+smith",
            "j.doe@example.com",
            "+tag@example.com",
            "a@b@gmail.com",
            "a+b@c@d",
            "@",
            "@gmail.com",
            "",
            "alice@mail.gmail.com",
        ] {
            assert_eq!(mailbox(name), name);
        }
        assert_ne!(mailbox("j.doe@example.com"), mailbox("jdoe@example.com"));
    }

    proptest! {
        #[test]
        fn a_mailbox_stands_for_itself(name in "[a-c+. @]{0,12}|[a-c+. ]{0,5}@(gmail|googlemail)[.]com[.]?") {
            let once = mailbox(&name).into_owned();
            prop_assert_eq!(mailbox(&once), once.as_str());
        }
    }
}
