//! The challenge page for browsers: self-contained, under 20 KiB, no external requests.
//!
//! A template with placeholders, built in or the operator's. Each value is escaped for its
//! context, and nothing in the page comes from the request. The content security policy allows
//! the script and the style with the nonce, workers of that script, and requests to the same host.
//!
//! | placeholder | stands for | |
//! |---|---|---|
//! | `{{script}}` | the script that solves the puzzle and goes on | required |
//! | `{{refresh}}` | the refresh for browsers without JavaScript, in `<head>` | |
//! | `{{without_script}}` | the text for people without JavaScript | |
//! | `{{login_page}}` | the address of the endpoint's login page, for a link | |
//! | `{{nonce}}` | the nonce, for `<style nonce="…">` or `<script nonce="…">` | |
//!
//! The script uses the elements `#unstuff-work` (which it shows), `#unstuff-progress` (a
//! `<progress>`) and `#unstuff-status` (whose text it sets). A template must contain [`REQUIRED`].

use super::protocol::WAIT_FIELD;
use super::puzzle::Puzzle;

/// The built-in page.
const BUILT_IN: &str = include_str!("page.html");

/// The script that solves a puzzle.
const SOLVER: &str = include_str!("solver.js");

/// The script that leads a person through the page.
const GUIDE: &str = include_str!("page.js");

/// The strings that a template must contain.
pub(crate) const REQUIRED: [&str; 4] =
    ["{{script}}", "id=\"unstuff-work\"", "id=\"unstuff-progress\"", "id=\"unstuff-status\""];

/// The values of a page's placeholders.
#[derive(Clone, Debug)]
pub(super) struct Page<'a> {
    /// The operator's template; the built-in one if there is none.
    pub(super) template: Option<&'a str>,
    /// The puzzle.
    pub(super) puzzle: &'a Puzzle,
    /// The page that the browser goes to afterwards, from the configuration.
    pub(super) login_page: &'a str,
    /// The nonce of this page's script and style: base64, never used twice.
    pub(super) nonce: &'a str,
    /// The token and the seconds of the wait for browsers without JavaScript, if it is enabled.
    pub(super) wait: Option<(&'a str, u32)>,
    /// Whether an earlier wait was over the limit, so this one is longer.
    pub(super) crowded: bool,
}

impl Page<'_> {
    /// The HTML document.
    #[must_use]
    pub(super) fn render(&self) -> String {
        let template = self.template.unwrap_or(BUILT_IN);
        let mut text = String::with_capacity(template.len() + SOLVER.len() + GUIDE.len() + 1024);
        // One pass: values are not searched for placeholders.
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{{") {
            text.push_str(before);
            rest = match after.split_once("}}") {
                Some(("script", after)) => push(&mut text, &self.script(), after),
                Some(("refresh", after)) => push(&mut text, &self.refresh(), after),
                Some(("without_script", after)) => push(&mut text, &self.without_script(), after),
                Some(("login_page", after)) => push(&mut text, &escape(self.login_page), after),
                Some(("nonce", after)) => push(&mut text, self.nonce, after),
                _ => push(&mut text, "{{", after),
            };
        }
        text.push_str(rest);
        text
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

    fn script(&self) -> String {
        let page = serde_json::json!({ "puzzle": self.puzzle.json(), "login": self.login_page });
        // `</script>` in a string would end the element.
        let page = page.to_string().replace('<', "\\u003c");
        let nonce = self.nonce;
        let shown = "document.getElementById(\"unstuff-work\").hidden=false;";
        format!(
            "<script nonce=\"{nonce}\">\nconst page={page};\n{shown}\n{SOLVER}\n{GUIDE}</script>"
        )
    }

    fn refresh(&self) -> String {
        self.wait.map_or_else(String::new, |(token, seconds)| {
            format!(
                "<noscript><meta http-equiv=\"refresh\" content=\"{seconds};url=?{WAIT_FIELD}={token}\">\
                 </noscript>"
            )
        })
    }

    fn without_script(&self) -> String {
        let Some((token, seconds)) = self.wait else {
            return "<noscript><p><strong>JavaScript is off in this browser, and logging in needs it \
                    right now.</strong> Switch it on and try again.</p></noscript>"
                .to_owned();
        };
        let crowded =
            if self.crowded { "Many people are waiting, so this takes longer. " } else { "" };
        format!(
            "<noscript><p><strong>JavaScript is off in this browser, so waiting takes the place of the \
             puzzle.</strong> {crowded}In {seconds} seconds this page takes you back to the login page by \
             itself. If it does not, <a href=\"?{WAIT_FIELD}={token}\">go on</a> when they are \
             over.</p></noscript>"
        )
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
mod tests {
    use super::*;
    use crate::challenge::puzzle::PuzzleAlgorithm;

    const PLACEHOLDERS: [&str; 5] =
        ["{{script}}", "{{refresh}}", "{{without_script}}", "{{login_page}}", "{{nonce}}"];

    fn puzzle() -> Puzzle {
        let algorithm = PuzzleAlgorithm::MemoryWalk;
        Puzzle { algorithm, token: "t".repeat(99), id: [7; 16], bits: 16 }
    }

    fn page<'a>(puzzle: &'a Puzzle, login_page: &'a str) -> Page<'a> {
        let wait = Some(("waittoken", 15));
        Page { template: None, puzzle, login_page, nonce: "bm9uY2U=", wait, crowded: false }
    }

    #[test]
    fn page_is_small_and_makes_no_external_request() {
        let puzzle = puzzle();
        let text = page(&puzzle, "/login").render();
        assert!(text.len() < 20 * 1024, "{} bytes", text.len());
        assert!(!text.contains("{{") && !text.contains("://") && !text.contains(" src="));
    }

    #[test]
    fn configured_values_are_escaped() {
        let puzzle = puzzle();
        let text = page(&puzzle, "/a?b=1&c=\"><script>alert(1)</script>").render();
        assert!(!text.contains("<script>"), "{text}");
        assert_eq!(text.matches("</script>").count(), 1);
    }

    #[test]
    fn only_known_placeholders_of_a_template_are_replaced() {
        let puzzle = puzzle();
        let template = Some("<a href=\"{{login_page}}\">{{name}}</a>{{nonce}}{{refresh}}{{");
        let text = Page { template, wait: None, ..page(&puzzle, "/in") }.render();
        assert_eq!(text, "<a href=\"/in\">{{name}}</a>bm9uY2U={{");
    }

    #[test]
    fn built_in_page_meets_the_requirements_of_a_template() {
        for wanted in REQUIRED.into_iter().chain(PLACEHOLDERS) {
            assert!(BUILT_IN.contains(wanted), "{wanted}");
        }
    }
}
