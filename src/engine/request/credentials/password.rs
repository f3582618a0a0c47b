//! The password type: never logged, never stored, never shown by `Debug`.

/// A password as sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub Vec<u8>);

impl Password {
    /// The spellings to look up: as sent, and without surrounding blanks, which many applications
    /// trim and breach lists do not have.
    pub fn spellings(&self) -> impl Iterator<Item = &[u8]> {
        let trimmed = self.0.trim_ascii();
        let other = (trimmed.len() < self.0.len()).then_some(trimmed);
        std::iter::once(self.0.as_slice()).chain(other)
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_is_looked_up_raw_and_trimmed() {
        let spellings = |text: &str| {
            let password = Password(text.into());
            password.spellings().map(<[u8]>::to_vec).collect::<Vec<_>>()
        };
        assert_eq!(spellings("123456"), [b"123456"]);
        assert_eq!(spellings(" 123456\n"), [b" 123456\n".to_vec(), b"123456".to_vec()]);
    }

    #[test]
    fn debug_shows_no_password() {
        assert_eq!(format!("{:?}", Password(b"hunter2".to_vec())), "Password(…)");
    }
}
