//! The last two passwords that failed at an account, each with the address that it failed from: 32
//! bits of keyed tag for a password, 16 for an address.
//!
//! An app that repeats an expired password fails with it day and night, and so may a second one. A
//! password in the list is no new guess. Who then gets in from the same address with another
//! password has corrected it: see [`FailedPasswords::take`]. The list is forgotten with the account's
//! failures of a day.

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::identity::Tag;
use crate::time::Window;

use super::Entry;
use super::counters::Counter;

/// Passwords in the list.
const LISTED: usize = 2;

/// The list, the latest in front.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct FailedPasswords([Option<FailedPassword>; LISTED]);

#[derive(Clone, Copy, PartialEq, Eq)]
struct FailedPassword {
    /// Never 0, which is a free place.
    password: u32,
    /// 0 for one whose address is of no more use.
    ip: u16,
}

impl FailedPasswords {
    pub(crate) const BYTES: usize = LISTED * 6;

    /// Whether the password is in the list.
    pub(crate) fn contains(&self, password: Tag) -> bool {
        self.0.iter().flatten().any(|failed| failed.password == password.wide().max(1))
    }

    /// A password failed. Returns whether it was not in the list.
    pub(crate) fn note(&mut self, password: Tag, ip: Option<Tag>) -> bool {
        let is_new = !self.contains(password);
        let password = password.wide().max(1);
        let failed = FailedPassword { password, ip: ip.map_or(0, Tag::short) };
        let [first, second] = &mut self.0;
        if first.is_none_or(|it| it.password != password) {
            *second = *first;
        }
        *first = Some(failed);
        is_new
    }

    /// The passwords that failed from this address, each once: it is not asked for again.
    pub(crate) fn take(&mut self, ip: Tag) -> Vec<u32> {
        let here = |failed: &&mut FailedPassword| failed.ip == ip.short();
        let taken = self.0.iter_mut().flatten().filter(here);
        taken.map(|failed| (std::mem::take(&mut failed.ip), failed.password).1).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    pub(crate) fn encode(&self, out: &mut ByteWriter<'_>) {
        for place in &self.0 {
            out.u32(place.map_or(0, |failed| failed.password));
            out.u16(place.map_or(0, |failed| failed.ip));
        }
    }

    pub(crate) fn decode(from: &mut ByteReader<'_>) -> Self {
        Self(std::array::from_fn(|_| {
            let (password, ip) = (from.u32(), from.u16());
            (password != 0).then_some(FailedPassword { password, ip })
        }))
    }
}

/// Tags derive from passwords: only their number is printed.
impl std::fmt::Debug for FailedPasswords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FailedPasswords({})", self.0.iter().flatten().count())
    }
}

impl Entry {
    /// A password failed at an account, from an address. Returns whether it is none of the last ones.
    pub(crate) fn note_failed(&mut self, password: Tag, ip: Option<Tag>) -> bool {
        self.failed_passwords.note(password, ip)
    }

    /// Whether the password is one of the last that failed at an account.
    pub(crate) fn has_failed(&self, password: Tag) -> bool {
        self.failed_passwords.contains(password)
    }

    /// Takes out the passwords that failed at an account from this address within an hour or two.
    pub(crate) fn take_failed(&mut self, ip: Tag) -> Vec<u32> {
        let failed = self.failed_passwords.take(ip);
        if self.count(Counter::UsernameFailures, Window::Hour) > 0 { failed } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{HashKey, Tagged};

    fn tag(of: u32) -> Tag {
        HashKey::new([5; 16]).tag(Tagged::Password, &of.to_le_bytes())
    }

    #[test]
    fn two_passwords_may_be_repeated_in_turn_and_a_third_is_new() {
        let mut failed = FailedPasswords::default();
        let news = [1, 2, 1, 2, 2, 1, 3, 1].map(|it| failed.note(tag(it), None));
        assert_eq!(news, [true, true, false, false, false, false, true, false]);
        assert!(failed.contains(tag(3)) && !failed.contains(tag(2)));
    }

    #[test]
    fn a_password_is_taken_once_and_only_at_its_address() {
        let mut failed = FailedPasswords::default();
        failed.note(tag(1), Some(tag(100)));
        failed.note(tag(2), Some(tag(200)));
        assert!(failed.take(tag(300)).is_empty());
        assert_eq!(failed.take(tag(100)), [tag(1).wide()]);
        assert!(failed.take(tag(100)).is_empty());
        assert!(!failed.note(tag(1), None), "it is remembered");
    }
}
