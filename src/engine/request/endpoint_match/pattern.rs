//! Path patterns of a configuration, and the path variants that fit them.
//!
//! A pattern is stored in the canonical form of `path_variants`, so both sides compare directly.
//! Beyond equality an exact pattern fits
//!
//! - `PATH_INFO` after a file with an extension (`/wp-login.php/x`): PHP, CGI, MediaWiki;
//! - a format suffix after a name without one (`/login.json`): Rails, Spring up to 5.2;
//! - the name without its extension (`/wp-login`): Apache's `MultiViews`, `try_files`;
//! - the directory of an index (`/admin` for `/admin/index.php`): any web server.
//!
//! A false match costs the reading of one request; a miss is a bypass.

use regex_lite::{Regex, RegexBuilder};

use super::{path_steps, path_variants};

/// The most bytes of a compiled regular expression, which is matched against every variant of a
/// path. Five alternatives of thirty letters take 7.5 KiB.
const REGEX_BYTES: usize = 64 * 1024;

/// The most characters of an extension or a format suffix.
const EXTENSION_LENGTH: usize = 10;

/// An exact path, a prefix, a suffix, or a regular expression.
#[derive(Clone, Debug)]
pub enum PathPattern {
    /// Fits this path, also with `PATH_INFO` or a suffix.
    Exact(String),
    /// Fits this path and every path below it.
    Prefix(String),
    /// Fits this path in any folder, also with `PATH_INFO` or a suffix.
    Suffix(String),
    /// Fits every path that matches.
    Regex(Regex),
}

impl PathPattern {
    /// Parses a pattern for the path itself, in any spelling that a server accepts.
    ///
    /// # Errors
    /// A message that says what is wrong with `path` and what to try.
    pub fn exact(path: &str) -> Result<Self, String> {
        literal(path).map(Self::Exact)
    }

    /// Parses a pattern for the path and everything below it: `/auth` fits `/auth/login` but not
    /// `/authors`.
    ///
    /// # Errors
    /// A message that says what is wrong with `path` and what to try.
    pub fn prefix(path: &str) -> Result<Self, String> {
        literal(path).map(Self::Prefix)
    }

    /// Parses a pattern for the path in any folder: `/wp-login.php` fits `/blog/wp-login.php` but not
    /// `/my-wp-login.php`.
    ///
    /// # Errors
    /// A message that says what is wrong with `path` and what to try.
    pub fn suffix(path: &str) -> Result<Self, String> {
        match literal(path)?.as_str() {
            "/" => Err("`/` in any folder is every path; name the end of the path".to_owned()),
            path => Ok(Self::Suffix(path.to_owned())),
        }
    }

    /// Parses a regular expression over the whole canonical path: decoded, without query, in any
    /// letter case, with or without a trailing slash. Anchors at both ends are implied.
    ///
    /// # Errors
    /// A message that says what is wrong with `expression` and what to try.
    pub fn regex(expression: &str) -> Result<Self, String> {
        let bare = expression.strip_prefix('^').unwrap_or(expression);
        if !bare.starts_with(['/', '(']) {
            return Err(format!(
                "`{expression}` cannot match: it is held against the whole path, which starts \
                 with `/`; start it with `/`, or with `/.*` to allow anything before"
            ));
        }
        // Compiled alone first: `a)|(b` would be valid within our parentheses and escape the anchors.
        let valid = Regex::new(expression).map_err(|error| {
            format!("`{expression}` is not a regular expression: {}", first_line(&error))
        })?;
        // An encoded newline is a character like any other.
        RegexBuilder::new(&format!("^(?:{valid})$"))
            .case_insensitive(true)
            .dot_matches_new_line(true)
            .size_limit(REGEX_BYTES)
            .build()
            .map(Self::Regex)
            .map_err(|_| {
                format!(
                    "`{expression}` is too large: compiled it may take {REGEX_BYTES} bytes; try \
                     several shorter ones, or fewer repetitions"
                )
            })
    }

    /// Whether a variant of a path fits.
    pub(super) fn fits(&self, form: &str) -> bool {
        match self {
            Self::Exact(path) => fits_exactly(path, form),
            Self::Prefix(path) => {
                begin_alike(path, form) && (is_named(path, form) || is_below(path, form))
            }
            Self::Suffix(path) => ends(form).any(|end| fits_exactly(path, end)),
            Self::Regex(regex) => regex.is_match(form) || regex.is_match(&format!("{form}/")),
        }
    }
}

/// The path, and what is left of it without its first folder, its first two, and so on.
fn ends(form: &str) -> impl Iterator<Item = &str> {
    let slashes = form.bytes().enumerate().filter(|(_, byte)| *byte == b'/');
    slashes.filter_map(|(at, _)| form.get(at..))
}

fn literal(path: &str) -> Result<String, String> {
    if !path.starts_with('/') {
        return Err(format!("`{path}` is not a path: it must start with `/`; try `/{path}`"));
    }
    if let Some((before, _)) = path.split_once(['?', '#']) {
        return Err(format!(
            "`{path}` has a query or a fragment, which is no part of a path; try `{before}`"
        ));
    }
    if let Some((before, _)) = path.split_once('*') {
        let parent = before.trim_end_matches('/');
        return Err(format!(
            "`{path}` has a `*`, which stands for itself here; try the prefix \
             `{}`, or a regex",
            if parent.is_empty() { "/" } else { parent }
        ));
    }
    Ok(path_variants::usual(path))
}

fn fits_exactly(path: &str, form: &str) -> bool {
    begin_alike(path, form) && (is_named(path, form) || is_path_info(path, form))
}

/// Whether one of the two could be the other's beginning. Each request is compared with each pattern,
/// and hardly any fits: most differ in the letters behind the first slash.
fn begin_alike(path: &str, form: &str) -> bool {
    path.bytes().zip(form.bytes()).skip(1).take(3).all(|(own, given)| own == given)
}

/// Whether the two are equal except for an extension that one of them lacks, or a directory's index.
fn is_named(path: &str, form: &str) -> bool {
    if !(form.starts_with(path) || path.starts_with(form)) {
        return false;
    }
    if path == form || path_steps::directory_of_index(path) == Some(form) {
        return true;
    }
    let takes = |name: &str| !name.ends_with('/') && extension(name).is_none();
    // Rails takes anything without a slash for a format, Spring until 5.2 any suffix.
    let is_format = |suffix: &str| suffix.starts_with('.') && !suffix.contains('/');
    (takes(path) && form.strip_prefix(path).is_some_and(is_format))
        || (takes(form) && path.strip_prefix(form).is_some_and(is_extension))
}

fn is_path_info(path: &str, form: &str) -> bool {
    is_below(path, form) && extension(path).is_some()
}

fn is_below(path: &str, form: &str) -> bool {
    path == "/" || form.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

/// The extension of a path's last segment, its dot included.
fn extension(path: &str) -> Option<&str> {
    let (_, last) = path.rsplit_once('/')?;
    let dot = last.rfind('.')?;
    last.get(dot..).filter(|extension| dot > 0 && is_extension(extension))
}

/// `.php`, `.json`; not `.0`, which ends a version.
fn is_extension(text: &str) -> bool {
    text.strip_prefix('.').is_some_and(|name| {
        name.len() <= EXTENSION_LENGTH
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

fn first_line(error: &regex_lite::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &Result<PathPattern, String>, form: &str) -> bool {
        pattern.as_ref().unwrap().fits(form)
    }

    #[test]
    fn exact_pattern_fits_path_info_formats_and_indexes_only() {
        let script = PathPattern::exact("/WP-login.php/");
        for form in ["/wp-login.php", "/wp-login.php/x/y", "/wp-login"] {
            assert!(fits(&script, form), "{form}");
        }
        for form in ["/wp-login.phpx", "/x/wp-login.php", "/wp-login/x", "/wp-login.html", "/"] {
            assert!(!fits(&script, form), "{form}");
        }
        let login = PathPattern::exact("/login");
        for form in
            ["/login", "/login.json", "/login.do", "/login.0", "/login.min.js", "/login.a-b"]
        {
            assert!(fits(&login, form), "{form}");
        }
        for form in ["/login/x", "/login.x/y", "/log", "/", "/loginn"] {
            assert!(!fits(&login, form), "{form}");
        }
        assert!(fits(&PathPattern::exact("/admin/index.php"), "/admin"));
        assert!(fits(&PathPattern::exact("/index.php"), "/"));
        assert!(!fits(&PathPattern::exact("/v1.0"), "/v1.0/other"));
        assert!(!fits(&PathPattern::exact("/"), "/.well"));
    }

    #[test]
    fn prefix_pattern_ends_at_a_segment() {
        let auth = PathPattern::prefix("/auth/");
        for form in ["/auth", "/auth/x", "/auth.json"] {
            assert!(fits(&auth, form), "{form}");
        }
        assert!(!fits(&auth, "/authors"));
        assert!(fits(&PathPattern::prefix("/"), "/anything"));
    }

    #[test]
    fn suffix_pattern_fits_in_any_folder() {
        let script = PathPattern::suffix("/wp-login.php");
        for form in ["/wp-login.php", "/blog/wp-login.php", "/a/b/wp-login.php/x", "/blog/wp-login"]
        {
            assert!(fits(&script, form), "{form}");
        }
        for form in ["/my-wp-login.php", "/blog/wp-login.phpx", "/blog", "/"] {
            assert!(!fits(&script, form), "{form}");
        }
        let two = PathPattern::suffix("/user/login");
        assert!(fits(&two, "/git/user/login") && !fits(&two, "/git/login"));
        assert!(
            fits(&PathPattern::suffix("/wiki/index.php"), "/a/wiki"),
            "a directory of an index"
        );
    }

    #[test]
    fn regex_is_anchored_and_ignores_case_and_newlines() {
        let versions = PathPattern::regex("/api/V[0-9]+/.*login/");
        for form in ["/api/v2/login", "/api/v2/x\n/login"] {
            assert!(fits(&versions, form), "{form:?}");
        }
        for form in ["/x/api/v2/login", "/api/v2/login/x", "/api/v/login"] {
            assert!(!fits(&versions, form), "{form}");
        }
        let either = PathPattern::regex("/a|/b");
        assert!(fits(&either, "/b") && !fits(&either, "/ax") && !fits(&either, "/x/b"));
    }

    #[test]
    fn errors_say_what_to_try() {
        for (given, part) in [
            (PathPattern::exact("login"), "try `/login`"),
            (PathPattern::exact(""), "must start with `/`"),
            (PathPattern::exact("/login?x=1"), "try `/login`"),
            (PathPattern::prefix("/api/*"), "try the prefix `/api`"),
            (PathPattern::prefix("/*"), "try the prefix `/`"),
            (PathPattern::suffix("/"), "every path"),
            (PathPattern::suffix("wp-login.php"), "try `/wp-login.php`"),
            (PathPattern::regex("login"), "start it with `/`"),
            (PathPattern::regex("/a)|(b"), "not a regular expression"),
            (PathPattern::regex("/(a{100}){100}"), "too large"),
        ] {
            let error = given.unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
