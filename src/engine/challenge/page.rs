//! The challenge page for browsers: self-contained, at most 24 KiB, no external requests.
//!
//! A template with placeholders, built in or the operator's. Each value is escaped for its
//! context. Of the request it holds the way back and the language alone. The content security
//! policy allows the script and the style with the nonce, workers of that script, and requests to
//! the same host.
//!
//! | placeholder | stands for | |
//! |---|---|---|
//! | `{{script}}` | the script that solves the puzzle and goes on | required |
//! | `{{refresh}}` | the refresh for browsers without JavaScript, in `<head>` | |
//! | `{{without_script}}` | the part for browsers in which no script runs; the script hides it | |
//! | `{{login_page}}` | the address of the login page, for a link | |
//! | `{{nonce}}` | the nonce, for `<style nonce="…">` or `<script nonce="…">` | |
//! | `{{lang}}`, `{{dir}}` | the visitor's language and its direction, for `<html>` | |
//! | `{{text:NAME}}` | a text of `texts/en.json` in the visitor's language | |
//!
//! The script uses the elements `#unstuff-work` (which it shows), `#unstuff-progress` (a
//! `<progress>`) and `#unstuff-status` (whose text it sets). A template must contain [`REQUIRED`].

use super::language::{Language, Texts};
use super::protocol::WAIT_FIELD;
use super::puzzle::Puzzle;
use super::way_back::WayBack;

/// The built-in page.
const BUILT_IN: &str = include_str!("page.html");

/// The script that solves a puzzle.
const SOLVER: &str = include_str!("solver.js");

/// The script that leads a person through the page.
const GUIDE: &str = include_str!("page.js");

/// The texts that the script shows.
const SCRIPT_TEXTS: [&str; 11] = [
    "solving", "halfway", "done", "go_on", "wait", "seconds", "cookies", "https", "offline",
    "retry", "failed",
];

/// The texts that say something else where no login was challenged, but the page in front of it.
const AHEAD: [(&str, &str); 2] = [("done", "ready"), ("password", "afterwards")];

/// The strings that a template must contain.
pub(crate) const REQUIRED: [&str; 4] =
    ["{{script}}", "id=\"unstuff-work\"", "id=\"unstuff-progress\"", "id=\"unstuff-status\""];

/// The values of a page's placeholders.
#[derive(Clone, Debug)]
pub(super) struct Page<'a> {
    /// The operator's template; the built-in one if there is none.
    pub(super) template: Option<&'a str>,
    /// Where the browser goes afterwards.
    pub(super) way_back: &'a WayBack,
    /// The visitor's language.
    pub(super) language: Language,
    /// The nonce of this page's script and style: base64, never used twice.
    pub(super) nonce: &'a str,
    /// What the page is for.
    pub(super) content: PageContent<'a>,
}

/// What a page is for.
#[derive(Clone, Debug)]
pub(super) enum PageContent<'a> {
    /// Earning a pass.
    Challenge {
        /// The puzzle.
        puzzle: &'a Puzzle,
        /// The token and the seconds of the wait, if it is enabled.
        wait: Option<(&'a str, u32)>,
        /// Whether an earlier wait was over the limit, so this one is longer.
        crowded: bool,
    },
    /// Saying that the browser did not keep the pass that it has earned.
    PassNotKept,
}

impl Page<'_> {
    /// The HTML document.
    #[must_use]
    pub(super) fn render(&self) -> String {
        let (template, texts) = (self.template.unwrap_or(BUILT_IN), self.language.texts());
        let mut page = String::with_capacity(template.len() + SOLVER.len() + GUIDE.len() + 4096);
        // One pass: values are not searched for placeholders.
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{{") {
            page.push_str(before);
            let found = after.split_once("}}");
            let value = found.and_then(|(name, after)| Some((self.value(name, &texts)?, after)));
            rest = match value {
                Some((value, after)) => push(&mut page, &value, after),
                None => push(&mut page, "{{", after),
            };
        }
        page.push_str(rest);
        page
    }

    /// What a placeholder stands for, if it is one.
    fn value(&self, placeholder: &str, texts: &Texts) -> Option<String> {
        Some(match placeholder {
            "script" => self.script(texts),
            "refresh" => self.refresh(),
            "without_script" => self.without_script(texts),
            // A page that is challenged itself is marked: the link would lead to the challenge again.
            "login_page" => escape(&self.way_back.carried()),
            "nonce" => self.nonce.to_owned(),
            "lang" | "dir" => texts.get(placeholder).to_owned(),
            _ => escape(self.text(texts, placeholder.strip_prefix("text:")?)?),
        })
    }

    /// A text, if there is one of this name.
    fn text<'t>(&self, texts: &'t Texts, name: &str) -> Option<&'t str> {
        let other = { AHEAD.iter() }.find(|(text, _)| *text == name && self.way_back.is_ahead);
        texts.find(other.map_or(name, |(_, ahead)| ahead))
    }

    /// `content-security-policy` for the document. Frames of the same site may hold it, as
    /// they may hold the login page.
    #[must_use]
    pub(super) fn security_policy(&self) -> String {
        let nonce = self.nonce;
        format!(
            "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
             worker-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'self'"
        )
    }

    fn script(&self, texts: &Texts) -> String {
        let PageContent::Challenge { puzzle, wait, .. } = self.content else {
            return String::new();
        };
        let of_script = |name| (name, self.text(texts, name));
        let page = serde_json::json!({
            "puzzle": puzzle.json(),
            "login": self.way_back.login_page,
            "mark": self.way_back.mark(),
            "wait": wait.map(|(token, seconds)| serde_json::json!({
                "to": self.way_back.here_with(WAIT_FIELD, token), "seconds": seconds,
            })),
            "lang": texts.get("lang"),
            "dir": texts.get("dir"),
            "texts": SCRIPT_TEXTS.map(of_script).into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        });
        // `</script>` in a string would end the element.
        let page = page.to_string().replace('<', "\\u003c");
        let nonce = self.nonce;
        // Two, so that a browser that cannot run the solver still offers the wait. A block, so that
        // the names of the one are not those of the other.
        format!(
            "<script nonce=\"{nonce}\">\n{SOLVER}</script>\n\
             <script nonce=\"{nonce}\">\n{{\nconst page={page};\n{GUIDE}}}\n</script>"
        )
    }

    /// The link that redeems the wait, escaped, and the wait's seconds.
    fn wait_link(&self) -> Option<(String, u32)> {
        let PageContent::Challenge { wait: Some((token, seconds)), .. } = self.content else {
            return None;
        };
        Some((escape(&self.way_back.here_with(WAIT_FIELD, token)), seconds))
    }

    fn refresh(&self) -> String {
        self.wait_link().map_or_else(String::new, |(link, seconds)| {
            format!(
                "<noscript><meta http-equiv=\"refresh\" content=\"{seconds};url={link}\"></noscript>"
            )
        })
    }

    /// Not a `<noscript>`, because a site's content security policy, added to ours, forbids scripts
    /// in browsers that have JavaScript on.
    fn without_script(&self, texts: &Texts) -> String {
        let text = |name| escape(texts.get(name));
        let inner = match (&self.content, self.wait_link()) {
            (PageContent::PassNotKept, _) => {
                format!("<p><strong>{}</strong></p><p>{}</p>", text("cookies"), text("https"))
            }
            (_, None) => format!("<p><strong>{}</strong></p>", text("no_wait")),
            (PageContent::Challenge { crowded, .. }, Some((link, seconds))) => {
                let crowded = if *crowded { text("crowded") } else { String::new() };
                let left = text("seconds").replace("{seconds}", &seconds.to_string());
                let (wait, go_on) = (text("wait"), text("go_on"));
                format!(
                    "<p><strong>{wait}</strong> {crowded}</p>\
                     <p>{left}</p><p><a href=\"{link}\">{go_on}</a></p>"
                )
            }
        };
        let (lang, dir) = (texts.get("lang"), texts.get("dir"));
        format!("<div id=\"unstuff-without\" lang=\"{lang}\" dir=\"{dir}\">{inner}</div>")
    }
}

fn push<'r>(text: &mut String, what: &str, rest: &'r str) -> &'r str {
    text.push_str(what);
    rest
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests;
