//! A folder of range files, one for each of the 1,048,576 first five digits of a hash.
//!
//! Any layout works: flat, as HIBP's own downloader writes it, or in sub-folders (at most four
//! levels), as `unstuff fetch` and other downloaders write it. A file is named by its range, in
//! either letter case, with any extension or none. Where folders have the first digits of it
//! (`00/00/0.txt`), the file may have the rest alone. Names that begin with a dot are ignored. A
//! whole corpus has a million files, so a file is stored as numbers (12 bytes), not as a path.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use unstuff_engine::breached::hibp::Range;

/// The number of folder levels below the folder: a level for each digit before the last one.
const DEPTH: usize = 4;

/// The digits of a range.
const DIGITS: usize = 5;

/// The range files of a folder, in the order of their ranges.
pub(super) struct RangeFolder {
    folders: Vec<PathBuf>,
    extensions: Vec<String>,
    files: Vec<RangeEntry>,
    len: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct RangeEntry {
    /// First, because files are sorted by it.
    range: u32,
    folder: u32,
    extension: u8,
    lower_case: bool,
    /// How many digits of the range the file's own name has.
    digits: u8,
}

impl RangeFolder {
    /// Finds the range files of a folder.
    pub(super) fn scan(folder: &Path) -> Result<Self> {
        let mut found = Self { folders: vec![], extensions: vec![], files: vec![], len: 0 };
        found.scan_folder(folder, Some(""), DEPTH)?;
        ensure!(
            !found.files.is_empty(),
            "{} has no range files (named by five hexadecimal digits, as `unstuff fetch` \
             leaves them)",
            folder.display()
        );
        found.files.sort_unstable();
        for two in found.files.windows(2) {
            if let [one, other] = two {
                if one.range == other.range {
                    let (one, other) = (found.path(*one), found.path(*other));
                    bail!(
                        "{} and {} are the same range; remove one",
                        one.display(),
                        other.display()
                    );
                }
            }
        }
        Ok(found)
    }

    /// Adds the files of a folder; `digits` are the names of the folders on the way to it, if all
    /// of them are hexadecimal.
    fn scan_folder(&mut self, folder: &Path, digits: Option<&str>, depth: usize) -> Result<()> {
        let reading = || format!("cannot read the folder {}", folder.display());
        let number = u32::try_from(self.folders.len()).with_context(reading)?;
        self.folders.push(folder.to_owned());
        for entry in folder.read_dir().with_context(reading)? {
            let entry = entry.with_context(reading)?;
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') {
                continue;
            }
            let found = entry.metadata().with_context(reading)?;
            if found.is_dir() && depth > 0 {
                let is_hex = name.bytes().all(|byte| byte.is_ascii_hexdigit());
                let digits = digits.filter(|_| is_hex).map(|digits| format!("{digits}{name}"));
                self.scan_folder(&path, digits.as_deref(), depth - 1)?;
            } else if let Some(range) = below(digits, &path).filter(|_| found.is_file()) {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                let lower_case = stem.contains(|digit: char| digit.is_ascii_lowercase());
                let mixed = lower_case && stem.contains(|digit: char| digit.is_ascii_uppercase());
                ensure!(!mixed, "{}: name it in one letter case", path.display());
                let extension = path.extension().unwrap_or_default().to_string_lossy();
                let extension = self.extension(&extension).with_context(reading)?;
                let entry = RangeEntry {
                    range: range.number(),
                    folder: number,
                    extension,
                    lower_case,
                    digits: u8::try_from(stem.len()).with_context(reading)?,
                };
                self.files.push(entry);
                self.len += found.len();
            }
        }
        Ok(())
    }

    fn extension(&mut self, extension: &str) -> Result<u8> {
        let known = self.extensions.iter().position(|known| known == extension);
        let number = known.unwrap_or(self.extensions.len());
        if known.is_none() {
            self.extensions.push(extension.to_owned());
        }
        u8::try_from(number).context("more than 256 different extensions")
    }

    fn path(&self, file: RangeEntry) -> PathBuf {
        let folder = usize::try_from(file.folder).ok().and_then(|it| self.folders.get(it));
        let extension = self.extensions.get(usize::from(file.extension));
        let name = Range::new(file.range).map_or_else(String::new, |range| range.to_string());
        let name = name.get(DIGITS.saturating_sub(file.digits.into())..).unwrap_or_default();
        let name = if file.lower_case { name.to_ascii_lowercase() } else { name.to_owned() };
        let mut path = folder.cloned().unwrap_or_default().join(name);
        if let Some(extension) = extension.filter(|extension| !extension.is_empty()) {
            path.set_extension(extension);
        }
        path
    }

    /// The files, in the order of their ranges.
    pub(super) fn files(&self) -> impl Iterator<Item = (Range, PathBuf)> {
        self.files.iter().filter_map(|file| Some((Range::new(file.range)?, self.path(*file))))
    }

    /// The number of range files.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.files.len()).unwrap_or(Range::COUNT)
    }

    /// Bytes of all files, as stored.
    pub(super) fn len(&self) -> u64 {
        self.len
    }
}

/// The range that a file's name gives, with any extension.
pub(super) fn range_of(path: &Path) -> Option<Range> {
    path.file_stem()?.to_str()?.parse().ok()
}

/// The same for a file below folders with these digits, whose name may have the rest alone.
fn below(digits: Option<&str>, path: &Path) -> Option<Range> {
    range_of(path).or_else(|| format!("{}{}", digits?, path.file_stem()?.to_str()?).parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "12345").unwrap();
        }
        folder
    }

    #[test]
    fn every_layout_is_read_in_the_order_of_the_ranges() {
        let names = ["FF/FFF00.gz", "00/0/00000.zst", "0000a", "0000B.txt", ".fetch/00001.gz"];
        let folder = folder(&[&names[..], &["notes.txt", "README"]].concat());
        let ranges = RangeFolder::scan(folder.path()).unwrap();
        let files: Vec<_> = ranges.files().map(|(range, path)| (range.number(), path)).collect();
        let at = |number, name: &str| (number, folder.path().join(name));
        let expected =
            [at(0, "00/0/00000.zst"), at(10, "0000a"), at(11, "0000B.txt"), at(0xfff00, names[0])];
        assert_eq!(files, expected);
        assert_eq!((ranges.count(), ranges.len()), (4, 20));
    }

    #[test]
    fn layouts_of_four_levels_are_read_with_whole_names_or_the_last_digits() {
        let names = ["0/0/0/0/00000.txt", "0/0/0/1/3", "0a/bc/d.gz", "AB/CDE.txt", "f/f/f/f/f.txt"];
        let folder = folder(&[&names[..], &["0/0/0/0/f/00001.txt", "0/x/0/0/1"]].concat());
        let ranges = RangeFolder::scan(folder.path()).unwrap();
        let files: Vec<_> = ranges.files().map(|(range, path)| (range.number(), path)).collect();
        let numbers = [0, 0x13, 0x0abcd, 0xabcde, 0xfffff];
        let expected = numbers.iter().zip(names).map(|(n, name)| (*n, folder.path().join(name)));
        assert_eq!(files, expected.collect::<Vec<_>>());
    }

    #[test]
    fn second_file_of_a_range_is_refused() {
        let folder = folder(&["00000.txt", "00/00000.gz"]);
        let error = RangeFolder::scan(folder.path()).err().unwrap().to_string();
        assert!(error.contains("are the same range"), "{error}");
    }

    #[test]
    fn folder_without_range_files_is_refused() {
        let folder = folder(&["a.txt"]);
        let error = RangeFolder::scan(folder.path()).err().unwrap().to_string();
        assert!(error.contains("no range files"), "{error}");
    }
}
