//! Properties of the validator of configurations.

use serde_json::Value;
use unstuff_engine::config::parse;

/// The longest line of a problem, for the log.
const LONGEST_LINE: usize = 8 << 10;

/// What is accepted means the same when it is written again; what is refused has a place.
pub(crate) fn configuration(bytes: &[u8]) {
    match parse(bytes) {
        Ok(configured) => {
            let said = format!("{:?}", configured.policy);
            let again = parse(&without_blanks(bytes)).expect("the same configuration");
            assert_eq!(format!("{:?}", again.policy), said, "written again");
            if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
                assert!(parse(value.to_string().as_bytes()).is_ok(), "in another order");
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "a refusal without a reason");
            for problem in problems {
                assert!(problem.path.starts_with('$'), "no place: {problem}");
                assert!(!problem.wrong.is_empty(), "no reason: {problem}");
                let line = problem.to_string();
                assert!(!line.contains(char::is_control), "{line:?}");
                assert!(line.len() < LONGEST_LINE, "{} bytes: {line:.100}", line.len());
            }
        }
    }
}

/// The document without the blanks between its tokens.
fn without_blanks(json: &[u8]) -> Vec<u8> {
    let (mut is_text, mut is_escaped) = (false, false);
    let is_kept = |&byte: &u8| {
        if is_text {
            is_text = byte != b'"' || is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
        } else {
            is_text = byte == b'"';
        }
        is_text || !matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
    };
    json.iter().copied().filter(is_kept).collect()
}
