//! The `cookie` header: reading our cookies, and removing them before upstream.
//!
//! As lenient as servers are: several headers, blanks around `;`, repeated names. Our cookies are
//! removed wherever a server might find them; the others stay byte for byte.

use crate::request::headers::Headers;

/// Every value of the cookie called `name`, in order.
pub fn values<'a>(headers: Headers<'a>, name: &str) -> impl Iterator<Item = &'a [u8]> {
    headers.all("cookie").flat_map(move |line| {
        line.split(|&byte| byte == b';').filter_map(move |pair| value_of(pair, name))
    })
}

/// Every cookie with a value, as name and value, undecoded.
pub(crate) fn pairs<'a>(headers: Headers<'a>) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    headers.all("cookie").flat_map(|line| line.split(|&byte| byte == b';')).filter_map(|pair| {
        let sign = pair.iter().position(|&byte| byte == b'=')?;
        let (name, value) = pair.split_at_checked(sign)?;
        Some((name.trim_ascii(), value.strip_prefix(b"=")?.trim_ascii()))
    })
}

/// The `cookie` header without the cookies called `names`: `None` if the request has none of them,
/// an empty value if it has no others.
#[must_use]
pub fn without(headers: Headers<'_>, names: &[&str]) -> Option<Vec<u8>> {
    let is_ours = |pair: &[u8]| names.iter().any(|name| value_of(pair, name).is_some());
    let pairs = || headers.all("cookie").flat_map(|line| line.split(|&byte| byte == b';'));
    if !pairs().any(is_ours) {
        return None;
    }
    let rest: Vec<&[u8]> = pairs().map(<[u8]>::trim_ascii).filter(|pair| !is_ours(pair)).collect();
    Some(rest.join(&b"; "[..]))
}

fn value_of<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let rest = pair.trim_ascii().strip_prefix(name.as_bytes())?;
    Some(rest.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::request::headers::Header;

    fn lines(lines: &[&str]) -> Vec<Header> {
        lines.iter().map(|&line| ("Cookie".into(), line.into())).collect()
    }

    #[test]
    fn all_values_of_a_name_are_found() {
        let headers = lines(&["a=1; us=x;us=y", "us = z; usx=no; b"]);
        let found: Vec<_> = values(Headers::new(&headers), "us").collect();
        assert_eq!(found, [&b"x"[..], b"y", b"z"]);
    }

    #[test]
    fn every_pair_is_found() {
        let headers = lines(&["a=1; b = x=y ;c;=z", "d="]);
        let found: Vec<_> = pairs(Headers::new(&headers)).collect();
        let expected = [("a", "1"), ("b", "x=y"), ("", "z"), ("d", "")];
        assert_eq!(found, expected.map(|(name, value)| (name.as_bytes(), value.as_bytes())));
    }

    #[test]
    fn named_cookies_are_removed_and_others_stay() {
        let left = |given: &[&str]| without(Headers::new(&lines(given)), &["us", "ut"]);
        assert_eq!(left(&["a=1; us=x; b=\"2;ut=3\"", "c=4"]).unwrap(), b"a=1; b=\"2; c=4");
        assert_eq!(left(&["us=x"]).unwrap(), b"");
        assert_eq!(left(&["a=1;  b=2"]), None);
        assert_eq!(left(&[]), None);
    }

    proptest! {
        #[test]
        fn removed_cookie_is_never_found_again(line: Vec<u8>) {
            let line = [&line[..], b";us=secret;", &line].concat();
            let headers = vec![(b"cookie".to_vec(), line)];
            let left = vec![(b"cookie".to_vec(), without(Headers::new(&headers), &["us"]).unwrap())];
            prop_assert_eq!(values(Headers::new(&left), "us").count(), 0);
        }
    }
}
