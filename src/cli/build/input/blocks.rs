//! Blocks of text: a stream is cut at the ends of lines.

use std::io::{self, ErrorKind, Read};

/// Bytes of a block: large enough that handing it over costs little, small enough that 64 blocks
/// under way stay within the memory limit.
const BLOCK: usize = 256 * 1024;

/// The byte-order mark that some editors write at the beginning of a text.
const BOM: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Cuts `text` into blocks of whole lines, until `emit` returns false.
///
/// Of a line longer than a block only the first part is emitted, without a line end. No list has
/// such lines, and memory must not depend on them.
pub(super) fn cut(text: &mut dyn Read, mut emit: impl FnMut(Vec<u8>) -> bool) -> io::Result<()> {
    let mut rest = Vec::new();
    let mut at_start = true;
    loop {
        let mut block = std::mem::take(&mut rest);
        let ended = fill(text, &mut block)?;
        if at_start && block.starts_with(&BOM) {
            block.drain(..BOM.len());
        }
        at_start = false;
        match block.iter().rposition(|&byte| byte == b'\n') {
            _ if ended => {}
            Some(end) => rest = block.split_off(end + 1),
            None => rest = after_line(text)?,
        }
        if (!block.is_empty() && !emit(block)) || ended {
            return Ok(());
        }
    }
}

/// Reads until the block is full. True if the text has ended.
fn fill(text: &mut dyn Read, block: &mut Vec<u8>) -> io::Result<bool> {
    let mut len = block.len();
    block.resize(BLOCK.max(len + 1), 0);
    while let Some(free) = block.get_mut(len..).filter(|free| !free.is_empty()) {
        match text.read(free) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let ended = len < block.len();
    block.truncate(len);
    Ok(ended)
}

/// Skips the rest of a line, and returns what was read of the lines after it.
fn after_line(text: &mut dyn Read) -> io::Result<Vec<u8>> {
    loop {
        let mut skipped = Vec::new();
        let ended = fill(text, &mut skipped)?;
        if let Some(end) = skipped.iter().position(|&byte| byte == b'\n') {
            return Ok(skipped.split_off(end + 1));
        }
        if ended {
            return Ok(Vec::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> Vec<String> {
        let mut blocks = Vec::new();
        cut(&mut text.as_bytes(), |block| {
            blocks.push(String::from_utf8(block).unwrap());
            true
        })
        .unwrap();
        blocks
    }

    #[test]
    fn blocks_are_whole_lines_and_make_up_the_text() {
        let text: String = (0..200_000).map(|n| format!("line {n}\n")).collect();
        for text in [text.as_str(), text.trim_end(), "", "\n", "one", "one\ntwo"] {
            let blocks = blocks(text);
            assert_eq!(blocks.concat(), text);
            let (_, whole) = blocks.split_last().unwrap_or((&String::new(), &[])).to_owned();
            assert!(whole.iter().all(|block| block.ends_with('\n') && block.len() <= BLOCK));
        }
    }

    #[test]
    fn endless_line_is_cut_and_the_next_is_whole() {
        for endless in [BLOCK, BLOCK * 3 + 17] {
            let text = format!("{}\nnext\n", "x".repeat(endless));
            let blocks = blocks(&text);
            assert_eq!(blocks[0].len(), BLOCK);
            assert_eq!(blocks[1..], ["next\n"]);
        }
    }

    #[test]
    fn byte_order_mark_is_dropped() {
        assert_eq!(blocks("\u{feff}one\n"), ["one\n"]);
    }
}
