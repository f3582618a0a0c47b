//! Parts of documents that a benchmark writes.

use super::root;

/// Replaces the part of a document between `<!-- written by PART -->` and `<!-- end of PART -->`.
///
/// # Panics
/// If the document has no such part.
pub fn write_part(document: &str, part: &str, text: &str) {
    let path = root().join(document);
    let before = std::fs::read_to_string(&path).expect(document);
    std::fs::write(&path, replaced(&before, part, text)).expect(document);
}

fn replaced(document: &str, part: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- written by {part} -->\n"), format!("<!-- end of {part} -->"));
    let (head, rest) = document.split_once(&begin).unwrap_or_else(|| panic!("no {begin}"));
    let (_, tail) = rest.split_once(&end).unwrap_or_else(|| panic!("no {end}"));
    format!("{head}{begin}{text}{end}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_part_is_replaced() {
        let before = "a\n<!-- written by x -->\nold\n<!-- end of x -->\nb\n";
        let after = "a\n<!-- written by x -->\nnew\n<!-- end of x -->\nb\n";
        assert_eq!(replaced(before, "x", "new\n"), after);
    }
}
