//! The steps of path canonicalisation, each with the servers that take it.
//!
//! Each step is a function from bytes to bytes, linear in the length, that returns `None` if it
//! changes nothing. `path_variants` combines them.

/// A step; `None` if it changes nothing.
pub(super) type PathStep = fn(&[u8]) -> Option<Vec<u8>>;

/// Extensions of scripts that take the rest of the path as the path within the application.
const SCRIPTS: [&str; 6] = ["php", "php5", "cgi", "fcgi", "pl", "wsgi"];

/// Whether no step but [`finish`] changes the path: the common case, decided in one pass.
pub(super) fn is_plain(path: &[u8]) -> bool {
    let mut before = 0;
    for &byte in path {
        let odd = match byte {
            b'/' | b'.' => before == b'/' || before == b'.',
            b'%' | b';' | b'\\' | b'?' | b'#' => true,
            _ => !byte.is_ascii_graphic(),
        };
        if odd {
            return false;
        }
        before = byte;
    }
    path.first() == Some(&b'/')
}

/// Overlong UTF-8 is decoded, so `C0 AF` is `/`: old Java and IIS. UTF-8 forbids it, so `C0` and
/// `C1` occur nowhere else.
pub(super) fn shorten(path: &[u8]) -> Option<Vec<u8>> {
    if !path.iter().any(|byte| matches!(byte, 0xC0 | 0xC1)) {
        return None;
    }
    let mut short = Vec::with_capacity(path.len());
    let mut rest = path;
    loop {
        rest = match rest {
            [lead @ (0xC0 | 0xC1), next @ 0x80..=0xBF, tail @ ..] => {
                short.push((lead & 1) << 6 | (next & 0x3F));
                tail
            }
            [byte, tail @ ..] => {
                short.push(*byte);
                tail
            }
            [] => return Some(short),
        };
    }
}

/// Bytes that are no UTF-8 are dropped: Bottle, and Python's `decode(…, "ignore")`.
pub(super) fn drop_malformed(path: &[u8]) -> Option<Vec<u8>> {
    if std::str::from_utf8(path).is_ok() {
        return None;
    }
    let mut kept = Vec::with_capacity(path.len());
    path.utf8_chunks().for_each(|chunk| kept.extend_from_slice(chunk.valid().as_bytes()));
    Some(kept)
}

/// An escaped slash is a letter: Rails and Spring split the path before they decode it. Which
/// letter does not matter.
pub(super) fn keep_escaped_slashes(path: &[u8]) -> Option<Vec<u8>> {
    let is_slash = |text: &[u8]| text.eq_ignore_ascii_case(b"%2f");
    if !path.windows(3).any(is_slash) {
        return None;
    }
    let mut kept = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, tail)) = rest.split_first() {
        let slash = rest.split_at_checked(3).filter(|(escape, _)| is_slash(escape));
        kept.push(if slash.is_some() { b'_' } else { byte });
        rest = slash.map_or(tail, |(_, after)| after);
    }
    Some(kept)
}

/// `\` is `/`: IIS, and everything else on Windows.
pub(super) fn backslashes(path: &[u8]) -> Option<Vec<u8>> {
    path.contains(&b'\\')
        .then(|| path.iter().map(|&byte| if byte == b'\\' { b'/' } else { byte }).collect())
}

/// `//host/path` is a path on another host: Node's `new URL(target, base)`, PHP's
/// `parse_url`.
pub(super) fn drop_authority(path: &[u8]) -> Option<Vec<u8>> {
    let rest = path.strip_prefix(b"//")?;
    let end = rest.iter().position(|&byte| byte == b'/')?;
    rest.get(end..).map(<[u8]>::to_vec)
}

/// A decoded `?`, `#` or NUL ends the path: a proxy that forwards the decoded path (nginx with
/// `$uri`), and programs in C.
pub(super) fn cut_at_delimiter(path: &[u8]) -> Option<Vec<u8>> {
    cut_at(path, |byte| matches!(byte, b'?' | b'#' | 0))
}

/// `;parameters` are dropped from each segment: servlets.
pub(super) fn drop_parameters(path: &[u8]) -> Option<Vec<u8>> {
    if !path.contains(&b';') {
        return None;
    }
    let segments = path.split(|&byte| byte == b'/');
    let kept: Vec<&[u8]> =
        segments.map(|segment| segment.split(|&byte| byte == b';').next().unwrap_or(b"")).collect();
    Some(kept.join(&b'/'))
}

/// `;parameters` extend to the end of the path: RFC 1808, as old libraries read it.
pub(super) fn cut_at_parameters(path: &[u8]) -> Option<Vec<u8>> {
    cut_at(path, |byte| byte == b';')
}

/// Repeated slashes are merged: nginx, Apache, Go, Rails.
pub(super) fn merge_slashes(path: &[u8]) -> Option<Vec<u8>> {
    let mut merged = path.to_vec();
    merged.dedup_by(|a, b| *a == b'/' && *b == b'/');
    (merged.len() < path.len()).then_some(merged)
}

/// `.` and `..` are resolved, empty segments counting as segments: RFC 3986, Node.
pub(super) fn resolve_dots(path: &[u8]) -> Option<Vec<u8>> {
    let is_dots = |segment: &[u8]| matches!(segment, b"." | b"..");
    let mut segments = path.split(|&byte| byte == b'/').peekable();
    if !segments.clone().any(is_dots) {
        return None;
    }
    let mut kept: Vec<&[u8]> = Vec::new();
    while let Some(segment) = segments.next() {
        if segment == b".." && kept.len() > 1 {
            kept.pop();
        }
        // `/a/..` is the directory `/`, and a path stays absolute.
        let is_last = segments.peek().is_none();
        match (is_dots(segment), is_last || kept.is_empty()) {
            (true, true) => kept.push(b""),
            (true, false) => {}
            (false, _) => kept.push(segment),
        }
    }
    Some(kept.join(&b'/'))
}

/// Dots with blanks around them are `.` or `..`: whatever trims a segment before it is compared.
pub(super) fn trim_dots(path: &[u8]) -> Option<Vec<u8>> {
    change_odd_dots(path, |segment| {
        let is_dot = |byte: &u8| *byte == b'.';
        let from = segment.iter().position(is_dot).unwrap_or_default();
        let to = segment.iter().rposition(is_dot).map_or(segment.len(), |last| last + 1);
        segment.get(from..to).unwrap_or(segment)
    })
}

/// Dots and blanks are nothing: Windows, which takes them off the end of a path.
pub(super) fn drop_odd_dots(path: &[u8]) -> Option<Vec<u8>> {
    change_odd_dots(path, |_| b"")
}

/// Changes the segments of dots and blanks, other than `.` and `..`.
fn change_odd_dots(path: &[u8], change: fn(&[u8]) -> &[u8]) -> Option<Vec<u8>> {
    let is_odd = |segment: &[u8]| {
        segment.contains(&b'.')
            && segment.iter().all(|&byte| byte <= b' ' || matches!(byte, b'.' | 0x7F))
            && !matches!(segment, b"." | b"..")
    };
    let segments = path.split(|&byte| byte == b'/');
    if !segments.clone().any(is_odd) {
        return None;
    }
    let changed = segments.map(|segment| if is_odd(segment) { change(segment) } else { segment });
    Some(changed.collect::<Vec<_>>().join(&b'/'))
}

/// Slashes first, then dots: nginx, Apache, Go.
pub(super) fn merge_and_resolve(path: &[u8]) -> Option<Vec<u8>> {
    let merged = merge_slashes(path)?;
    resolve_dots(&merged).or(Some(merged))
}

/// The last step of every variant: lower case (IIS, Express, `RewriteRule … [NC]`), without repeated
/// and trailing slashes, without white space and control characters around a segment (Python's
/// `$` before a final newline, `trim`), and without dots at its end (Windows).
pub(super) fn finish(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path).to_lowercase();
    let mut form = String::with_capacity(text.len() + 1);
    for segment in text.split('/') {
        let trimmed = segment.trim_matches(is_blank);
        let undotted = trimmed.trim_end_matches(|c| c == '.' || is_blank(c));
        let is_dots = undotted.is_empty() && !trimmed.is_empty();
        let kept = if is_dots { segment } else { undotted };
        if !kept.is_empty() {
            form.push('/');
            form.push_str(kept);
        }
    }
    if form.is_empty() {
        form.push('/');
    }
    form
}

/// A finished variant, and its further variants if it names a script or a directory's index:
/// `/shop/index.php/login` is also `/shop/login` and `/login` (PHP's front controllers), and
/// `/login/index.php` is also `/login`.
pub(super) fn ends(form: String) -> Vec<String> {
    let mut forms = Vec::with_capacity(1);
    if let Some(directory) = directory_of_index(&form) {
        forms.push(directory.to_owned());
    }
    if let Some((directory, rest)) = split_at_script(&form) {
        forms.push(rest.to_owned());
        if !directory.is_empty() {
            forms.push(format!("{directory}{rest}"));
        }
    }
    forms.push(form);
    forms
}

/// The directory of a path that ends in its index (`index.php`, `default.aspx`).
pub(super) fn directory_of_index(form: &str) -> Option<&str> {
    let (directory, last) = form.rsplit_once('/')?;
    let is_index = last.starts_with("index.") || last.starts_with("default.");
    is_index.then_some(if directory.is_empty() { "/" } else { directory })
}

fn split_at_script(form: &str) -> Option<(&str, &str)> {
    let mut start = 0;
    for segment in form.split_inclusive('/') {
        let end = start + segment.len();
        let name = segment.strip_suffix('/')?;
        if name.rsplit_once('.').is_some_and(|(_, extension)| SCRIPTS.contains(&extension)) {
            let directory = form.get(..start)?.trim_end_matches('/');
            return Some((directory, form.get(end - 1..)?));
        }
        start = end;
    }
    None
}

fn cut_at(path: &[u8], is_end: impl Fn(u8) -> bool) -> Option<Vec<u8>> {
    let end = path.iter().position(|&byte| is_end(byte))?;
    path.get(..end).map(<[u8]>::to_vec)
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(path: &str) -> String {
        String::from_utf8(resolve_dots(path.as_bytes()).unwrap_or(path.into())).unwrap()
    }

    #[test]
    fn dot_segments_are_resolved_as_rfc_3986_says() {
        for (given, expected) in [
            ("/a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/a/b/..", "/a/"),
            ("/a/.", "/a/"),
            ("/../../b", "/b"),
            ("/..", "/"),
            ("/a//../b", "/a/b"),
            ("/a/...", "/a/..."),
            ("/mid/content=5/../6", "/mid/6"),
        ] {
            assert_eq!(resolved(given), expected, "{given}");
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_are_dropped_and_escaped_slashes_kept_as_letters() {
        assert_eq!(drop_malformed(b"/lo\x80gin\xff"), Some(b"/login".to_vec()));
        assert_eq!(drop_malformed("/café".as_bytes()), None);
        assert_eq!(keep_escaped_slashes(b"/a%2Fb%2f%2"), Some(b"/a_b_%2".to_vec()));
        assert_eq!(keep_escaped_slashes(b"/a/b%2e"), None);
    }

    #[test]
    fn segments_are_trimmed() {
        for spelling in ["/login ", "/login\n", "/login\0", "/login./", "//LOGIN//", "/ login . "] {
            assert_eq!(finish(spelling.as_bytes()), "/login", "{spelling:?}");
        }
        assert_eq!(finish(b"/x/ .. /y"), "/x/ .. /y");
        assert_eq!(finish(b"/\xFF"), "/\u{FFFD}");
        assert_eq!(finish(b""), "/");
    }

    #[test]
    fn scripts_and_indexes_have_further_variants() {
        let forms = ends("/shop/index.php/login".to_owned());
        assert_eq!(forms, ["/login", "/shop/login", "/shop/index.php/login"]);
        assert_eq!(ends("/index.php".to_owned()), ["/", "/index.php"]);
        assert_eq!(ends("/login".to_owned()), ["/login"]);
    }
}
