//! Tests of the page.

use super::*;
use crate::challenge::puzzle::PuzzleAlgorithm;

const PLACEHOLDERS: [&str; 7] = [
    "{{script}}",
    "{{refresh}}",
    "{{without_script}}",
    "{{login_page}}",
    "{{nonce}}",
    "{{lang}}",
    "{{dir}}",
];

fn puzzle() -> Puzzle {
    let algorithm = PuzzleAlgorithm::MemoryWalk;
    Puzzle { algorithm, token: "t".repeat(99), id: [7; 16], bits: 16 }
}

fn page<'a>(puzzle: &'a Puzzle, way_back: &'a WayBack) -> Page<'a> {
    let content = PageContent::Challenge { puzzle, wait: Some(("waittoken", 15)), crowded: false };
    let language = Language::default();
    Page { template: None, way_back, language, nonce: "bm9uY2U=", content }
}

fn way_back(login_page: &str) -> WayBack {
    WayBack::own(login_page)
}

#[test]
fn page_is_small_and_makes_no_external_request_in_any_language() {
    let (puzzle, way_back) = (puzzle(), way_back(&format!("/login?next={}", "x".repeat(1010))));
    for language in Language::all() {
        let text = Page { language, ..page(&puzzle, &way_back) }.render();
        assert!(text.len() < 24 * 1024, "{language:?}: {} bytes", text.len());
        assert!(!text.contains("{{") && !text.contains(" src=") && !text.contains("href=\"http"));
    }
}

#[test]
fn every_language_has_its_page_and_its_direction() {
    let (puzzle, way_back) = (puzzle(), way_back("/login"));
    for language in Language::all() {
        let text = Page { language, ..page(&puzzle, &way_back) }.render();
        let texts = language.texts();
        let begin = format!("<html lang=\"{}\" dir=\"{}\">", texts.get("lang"), texts.get("dir"));
        assert!(text.contains(&begin), "{begin}");
        for shown in ["title", "why", "puzzle", "password", "back", "wait", "done", "failed"] {
            assert!(text.contains(texts.get(shown)), "{language:?}: {shown}");
        }
    }
}

#[test]
fn the_way_back_is_escaped_for_its_context() {
    let (puzzle, way_back) =
        (puzzle(), way_back("/a?b=1&c=\"><script>alert(1)</script>'{{nonce}}"));
    let text = page(&puzzle, &way_back).render();
    assert!(!text.contains("<script>"), "{text}");
    assert_eq!(text.matches("</script>").count(), 2);
    assert!(
        text.contains("href=\"/a?b=1&amp;c=&quot;>&lt;script>alert(1)&lt;/script>&#39;{{nonce}}")
    );
}

#[test]
fn only_known_placeholders_of_a_template_are_replaced() {
    let (puzzle, way_back) = (puzzle(), way_back("/in"));
    let template =
        Some("<a href=\"{{login_page}}\">{{name}}</a>{{nonce}}{{text:go_on}}{{text:x}}{{");
    let text = Page { template, ..page(&puzzle, &way_back) }.render();
    assert_eq!(text, "<a href=\"/in\">{{name}}</a>bm9uY2U=Go on{{text:x}}{{");
}

#[test]
fn page_without_a_kept_pass_says_what_to_do_and_leads_nowhere_by_itself() {
    let (puzzle, way_back) = (puzzle(), way_back("/in"));
    let content = PageContent::PassNotKept;
    let text = Page { content, ..page(&puzzle, &way_back) }.render();
    assert!(
        text.contains("allow cookies for this site") && text.contains("https:// in the address")
    );
    assert!(!text.contains("<script") && !text.contains("http-equiv"), "{text}");
}

#[test]
fn built_in_page_meets_the_requirements_of_a_template() {
    for wanted in REQUIRED.into_iter().chain(PLACEHOLDERS) {
        assert!(BUILT_IN.contains(wanted), "{wanted}");
    }
}

#[test]
fn every_text_is_used() {
    let texts = Language::default().texts();
    let by_the_page = ["wait", "crowded", "seconds", "go_on", "no_wait", "cookies", "https"];
    for name in texts.names() {
        let in_template = BUILT_IN.contains(&format!("{{{{text:{name}}}}}"));
        let in_script = SCRIPT_TEXTS.contains(&name) && GUIDE.contains(&format!("texts.{name}"));
        let known = by_the_page.contains(&name) || ["lang", "dir"].contains(&name);
        let ahead = AHEAD.iter().any(|(_, ahead)| *ahead == name);
        assert!(in_template || in_script || known || ahead, "{name}");
        assert!(!SCRIPT_TEXTS.contains(&name) || in_script, "{name}");
    }
}
