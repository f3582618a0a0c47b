//! `unstuff build`: makes a breached-password filter from lists of hashes or passwords.
//!
//! A list sorted by hash, as HIBP's are, is turned into shards while it is read. Any other list is
//! sorted first, through a temporary file ([`assemble::Spill`]). Either way, runs of sorted keys
//! reach the [`assemble::FilterAssembler`], which writes one shard after the other. So memory does
//! not grow with the list: reading, parsing, hashing and filling use all cores
//! ([`parallel::in_order`]), and the work under way is bounded.

mod args;
mod assemble;
mod input;
mod report;

use std::io::{Seek, Write};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use anyhow::{Result, bail, ensure};
use unstuff_engine::breached::{FilterHeader, FilterShape, Sha1Digest};

pub(crate) use args::BuildArgs;
use args::KeyOrder;
use assemble::{FillStatistics, FilterAssembler, KeyEstimate, KeyRun, ShardFiller, Spill};
use input::{
    BuildInputs, ChunkText, CountCutoff, CountHistogram, InputChunk, ListFormat, ParsedLines,
};
use report::LineReport;

use crate::atomic_file::{AtomicFile, folder_of};
use crate::progress::Progress;
use crate::{format, parallel, stdout};

/// Memory in bytes for buckets that are being sorted, or are sorted and waiting.
const SORTING_MEMORY: usize = 28 << 20;

/// Runs the subcommand.
pub(crate) fn run(args: BuildArgs) -> Result<ExitCode> {
    let output = AtomicFile::create(&args.output)?;
    let folder = folder_of(&args.output);
    // What is sorted on disk is counted there.
    let twice = args.top.is_some() && args.order() == KeyOrder::Sorted;
    let inputs = BuildInputs::open(&args.input, twice, folder)?;
    let mut build = FilterBuild {
        args: &args,
        inputs: &inputs,
        format: args.format(),
        keys: args.keys.map(KeyEstimate::Given),
        least_count: u64::MAX,
        report: LineReport::new(args.strict, args.order() == KeyOrder::Sorted),
        progress: Progress::bytes("building", inputs.total()),
    };
    let (header, expected, fill) = build.write(&output)?;
    let report = build.report;
    drop(build.progress);

    let mut warnings = fill.warnings(expected, args.fp_rate);
    warnings.extend(report.warning());
    warnings.extend(inputs.missing_ranges().and_then(|absent| report.missing_ranges(absent)));
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
    ensure!(
        fill.keys > 0,
        "nothing to build: no line was used; is it the right kind of list? (--passwords, --pairs)"
    );
    output.finish()?;
    let len = header.shape.file_len();
    stdout::print(&format!(
        "{}: {} {}, {}, {:.1} bits a key, {} false positives\n",
        args.output.display(),
        format::count(fill.keys),
        header.kind,
        format::bytes(len),
        len as f64 * 8.0 / fill.keys as f64,
        format::rate(fill.fp_rate()),
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The state of one build.
struct FilterBuild<'a> {
    args: &'a BuildArgs,
    inputs: &'a BuildInputs,
    format: ListFormat,
    /// The number of keys, if it is known before the lists are read.
    keys: Option<KeyEstimate>,
    least_count: u64,
    report: LineReport,
    progress: Progress,
}

impl FilterBuild<'_> {
    /// Writes the filter.
    fn write(
        &mut self,
        output: &AtomicFile,
    ) -> Result<(FilterHeader, KeyEstimate, FillStatistics)> {
        let spill = match (self.args.order(), self.args.top) {
            (KeyOrder::Any, _) => Some(self.spill()?),
            (KeyOrder::Sorted, Some(top)) => {
                self.apply_top(top)?;
                None
            }
            (KeyOrder::Sorted, None) => None,
        };
        let shape = OnceLock::new();
        let mut assembler =
            FilterAssembler::new(output.writer(), self.args.fp_rate, self.keys, &shape)?;
        match spill {
            None => self.stream(&shape, &mut assembler)?,
            Some(spill) => self.sort(&spill, &shape, &mut assembler)?,
        }
        let least_count = if self.least_count == u64::MAX { 0 } else { self.least_count };
        assembler.finish(|shape, keys, checksum| FilterHeader {
            kind: self.args.kind(),
            shape,
            keys,
            fp_rate: self.args.fp_rate,
            min_count: least_count,
            date: self.args.date(),
            source: self.args.source(),
            checksum,
        })
    }

    /// Finds the lowest count to take, in a first pass over the inputs.
    fn apply_top(&mut self, top: u64) -> Result<()> {
        let mut histogram = CountHistogram::new();
        let inputs = self.inputs;
        let mut progress = Progress::bytes("counting", inputs.total());
        parallel::in_order(
            parallel::workers(),
            |jobs| inputs.read(|job| jobs.push(job)),
            || |job: InputChunk| Ok(CountHistogram::read(job.range, &text_of(inputs, job.text)?)),
            |part: Result<CountHistogram>| {
                histogram.merge(&part?);
                progress.show(inputs.bytes_read(), String::new);
                Ok(())
            },
        )?;
        let cutoff = cutoff(&histogram, top)?;
        let ListFormat::Hashes { min_count, .. } = &mut self.format else {
            bail!("--top needs counts")
        };
        if cutoff.min_count > *min_count {
            *min_count = cutoff.min_count;
            self.keys = self.keys.or(Some(KeyEstimate::Counted(cutoff.keys)));
        }
        Ok(())
    }

    /// The same for keys in buckets, of which none occurs twice.
    fn apply_top_to(&mut self, spill: &mut Spill, top: u64) -> Result<()> {
        let mut histogram = CountHistogram::new();
        let counted = &*spill;
        parallel::in_order(
            sorting_workers(counted),
            |jobs| {
                let _ = (0..counted.buckets()).all(|bucket| jobs.push(bucket));
                Ok(())
            },
            || |bucket| Ok(CountHistogram::of(counted.counted(bucket)?)),
            |part: Result<CountHistogram>| {
                histogram.merge(&part?);
                Ok(())
            },
        )?;
        let cutoff = cutoff(&histogram, top)?;
        spill.keep_from(cutoff.min_count);
        self.least_count = cutoff.min_count;
        self.keys = self.keys.or(Some(KeyEstimate::Counted(cutoff.keys)));
        Ok(())
    }

    /// Reads sorted lists and adds them to the filter.
    fn stream(
        &mut self,
        shape: &OnceLock<FilterShape>,
        assembler: &mut FilterAssembler<'_, impl Write + Seek>,
    ) -> Result<()> {
        let (inputs, format) = (self.inputs, self.format);
        parallel::in_order(
            parallel::workers(),
            |jobs| inputs.read(|job| jobs.push(job)),
            || {
                let mut runs = RunBuilder::new(shape);
                move |job: InputChunk| -> Result<_> {
                    let mut found =
                        ParsedLines::read(format, job.range, &text_of(inputs, job.text)?);
                    // Keys out of order cannot be put into shards; the report ends the build at them.
                    let keys = std::mem::take(&mut found.keys);
                    let sorted = found.out_of_order.is_none();
                    let run = if sorted { runs.build(keys)? } else { None };
                    Ok((job.origin, found, run))
                }
            },
            |worked: Result<(Arc<str>, ParsedLines, Option<KeyRun>)>| {
                let (origin, found, run) = worked?;
                self.report.add(&origin, &found, &self.progress)?;
                self.least_count = self.least_count.min(found.least_count);
                if let Some(run) = run {
                    assembler.add(run)?;
                }
                self.show_progress(assembler.keys());
                Ok(())
            },
        )
    }

    /// First half for unsorted lists: puts the keys into buckets.
    fn spill(&mut self) -> Result<Spill> {
        let top = self.args.top;
        let mut spill = Spill::new(folder_of(&self.args.output), top.is_some());
        let (inputs, format) = (self.inputs, self.format);
        let mut keys = 0;
        parallel::in_order(
            parallel::workers(),
            |jobs| inputs.read(|job| jobs.push(job)),
            || {
                |job: InputChunk| -> Result<_> {
                    let text = text_of(inputs, job.text)?;
                    Ok((job.origin, ParsedLines::read(format, job.range, &text)))
                }
            },
            |worked: Result<(Arc<str>, ParsedLines)>| {
                let (origin, found) = worked?;
                self.report.add(&origin, &found, &self.progress)?;
                self.least_count = self.least_count.min(found.least_count);
                keys += found.keys.len() as u64;
                spill.add(&found.keys, &found.counts)?;
                self.show_progress(keys);
                Ok(())
            },
        )?;
        spill.flush()?;
        if let Some(top) = top {
            self.apply_top_to(&mut spill, top)?;
        }
        Ok(spill)
    }

    fn show_progress(&mut self, keys: u64) {
        let keys = || format!("{} keys", format::count(keys));
        self.progress.show(self.inputs.bytes_read(), keys);
    }

    /// Second half for unsorted lists: sorts each bucket and adds it to the filter.
    fn sort(
        &mut self,
        spill: &Spill,
        shape: &OnceLock<FilterShape>,
        assembler: &mut FilterAssembler<'_, impl Write + Seek>,
    ) -> Result<()> {
        parallel::in_order(
            sorting_workers(spill),
            |jobs| {
                let _ = (0..spill.buckets()).all(|bucket| jobs.push(bucket));
                Ok(())
            },
            || {
                let mut runs = RunBuilder::new(shape);
                move |bucket| runs.build(spill.sorted(bucket)?)
            },
            |run: Result<Option<KeyRun>>| {
                if let Some(run) = run? {
                    assembler.add(run)?;
                }
                self.show_progress(assembler.keys());
                Ok(())
            },
        )
    }
}

/// The number of workers that sort buckets within the memory for it.
fn sorting_workers(spill: &Spill) -> usize {
    // Two jobs per worker are under way, and one is being collected.
    let at_once = SORTING_MEMORY / spill.largest().max(1);
    parallel::workers().min(at_once.saturating_sub(1) / 2).max(1)
}

/// The lowest count to take for `--top`.
fn cutoff(histogram: &CountHistogram, top: u64) -> Result<CountCutoff> {
    let cutoff = histogram.cutoff(top);
    ensure!(
        cutoff.keys > 0,
        "--top {top}: the most frequent hashes are more than that, all with the same count; raise it"
    );
    Ok(cutoff)
}

fn text_of(inputs: &BuildInputs, text: ChunkText) -> Result<Vec<u8>> {
    match text {
        ChunkText::Lines(lines) => Ok(lines),
        ChunkText::File(path) => inputs.read_file(&path),
    }
}

/// Makes runs of keys on a worker: shards as soon as the shape is known.
struct RunBuilder<'a> {
    shape: &'a OnceLock<FilterShape>,
    filler: Option<ShardFiller>,
}

impl<'a> RunBuilder<'a> {
    fn new(shape: &'a OnceLock<FilterShape>) -> Self {
        Self { shape, filler: None }
    }

    fn build(&mut self, keys: Vec<Sha1Digest>) -> Result<Option<KeyRun>> {
        if self.filler.is_none() {
            self.filler = self.shape.get().map(|shape| ShardFiller::new(*shape)).transpose()?;
        }
        Ok(match &mut self.filler {
            Some(filler) => filler.fill(&keys).map(KeyRun::FilledShards),
            None => Some(KeyRun::Keys(keys)),
        })
    }
}
