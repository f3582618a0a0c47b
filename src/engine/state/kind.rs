//! The kinds of identity that the state keeps entries of.

/// A kind of identity; each has its own region of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A client address (IPv4 /32, IPv6 /64).
    Ip,
    /// A normalised username.
    Username,
    /// The wider network around an address (IPv4 /24, IPv6 /48).
    Network,
    /// A password, over all its users.
    Password,
    /// A client's fingerprint: the values of the configured headers.
    Fingerprint,
    /// A device cookie.
    Device,
    /// An account, by the networks and fingerprints that it got in from.
    Account,
}

impl EntryKind {
    /// All kinds, in the order of their regions.
    pub const ALL: [Self; 7] = [
        Self::Ip,
        Self::Username,
        Self::Network,
        Self::Password,
        Self::Fingerprint,
        Self::Device,
        Self::Account,
    ];

    /// The byte that stands for the kind in hashes and slots.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }

    /// The region's name in storage keys: at most [`REGION_LETTERS`].
    pub(crate) const fn region(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Username => "user",
            Self::Network => "net",
            Self::Password => "pass",
            Self::Fingerprint => "tool",
            Self::Device => "dev",
            Self::Account => "acct",
        }
    }
}

/// The longest name of a region, in bytes.
pub(crate) const REGION_LETTERS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_in_the_order_of_their_codes() {
        for (i, kind) in EntryKind::ALL.iter().enumerate() {
            assert_eq!(usize::from(kind.code()), i);
        }
    }

    #[test]
    fn region_names_are_short_and_distinct() {
        let names = EntryKind::ALL.map(EntryKind::region);
        assert_eq!(names.map(str::len).into_iter().max(), Some(REGION_LETTERS));
        for (i, name) in names.iter().enumerate() {
            assert!(!names[..i].contains(name), "{name}");
        }
    }
}
