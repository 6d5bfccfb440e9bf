//! The bytes of a journal file: how batches are framed, and how damage is told from a batch that was never finished.

use std::path::PathBuf;

use super::damage::Damage;

/// The latest version of the format, the one that is written.
pub(super) const VERSION: u32 = 1;
const MAGIC: [u8; 12] = *b"partitura-j\n";
/// Of the file's header.
pub(super) const FILE_HEADER: usize = MAGIC.len() + 4;
const FRAME_MAGIC: [u8; 4] = *b"PTB\n";
const FRAME_HEADER: usize = 64;
/// What a storage device writes as a whole: of a write that power interrupted, each sector is there or not.
const SECTOR: usize = 512;

/// What links each frame to the one before it.
pub(super) type Link = [u8; 8];

/// The header of a file, and the link of its first frame.
pub(super) fn file_header() -> (Vec<u8>, Link) {
    let header = [&MAGIC[..], &VERSION.to_le_bytes()].concat();
    let link = short(&header);
    (header, link)
}

/// The frame of a batch, and the link of the next one.
pub(super) fn frame(batch: &[Vec<u8>], version: u64, epoch: u64, previous: Link) -> (Vec<u8>, Link) {
    let payload: usize = batch.iter().map(|entry| 4 + entry.len()).sum();
    let mut frame = Vec::with_capacity(FRAME_HEADER + payload);
    frame.resize(FRAME_HEADER, 0);
    for entry in batch {
        frame.extend_from_slice(&(entry.len() as u32).to_le_bytes());
        frame.extend_from_slice(entry);
    }
    let (head, body) = frame.split_at_mut(FRAME_HEADER);
    let header =
        Header { count: batch.len() as u32, length: payload as u64, version, epoch, previous, body: long(body) };
    let link = header.write(head);
    (frame, link)
}

#[derive(Clone, Copy)]
struct Header {
    count: u32,
    length: u64,
    version: u64,
    epoch: u64,
    previous: Link,
    body: [u8; 16],
}

impl Header {
    fn write(self, into: &mut [u8]) -> Link {
        let fields = [
            &FRAME_MAGIC[..],
            &self.count.to_le_bytes(),
            &self.length.to_le_bytes(),
            &self.version.to_le_bytes(),
            &self.epoch.to_le_bytes(),
            &self.previous,
            &self.body,
        ]
        .concat();
        let link = short(&fields);
        for (to, from) in into.iter_mut().zip(fields.iter().chain(&link)) {
            *to = *from;
        }
        link
    }

    /// The header at the start of `bytes`, if there is a whole one that is as it was written, and the link of the next frame.
    fn read(bytes: &[u8]) -> Option<(Self, Link)> {
        let (fields, link) = (bytes.get(..FRAME_HEADER - 8)?, bytes.get(FRAME_HEADER - 8..FRAME_HEADER)?);
        if !fields.starts_with(&FRAME_MAGIC) || short(fields) != link {
            return None;
        }
        let mut rest = fields.get(FRAME_MAGIC.len()..)?;
        let header = Self {
            count: u32::from_le_bytes(take(&mut rest)?),
            length: u64::from_le_bytes(take(&mut rest)?),
            version: u64::from_le_bytes(take(&mut rest)?),
            epoch: u64::from_le_bytes(take(&mut rest)?),
            previous: take(&mut rest)?,
            body: take(&mut rest)?,
        };
        Some((header, link.try_into().ok()?))
    }

    /// The body of the frame that begins `bytes`, if it is all there, right or wrong.
    fn body<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        bytes.get(FRAME_HEADER..)?.get(..usize::try_from(self.length).ok()?)
    }
}

/// Where a file ends, and how it goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tail {
    /// The version of the last batch.
    pub(super) version: u64,
    /// The epoch of the last batch.
    pub(super) epoch: u64,
    /// The link of the next frame.
    pub(super) link: Link,
    /// Where the next frame goes. What is behind it is a batch that was never finished.
    pub(super) end: u64,
}

/// The entries of all batches, in their order, and the end of the file.
pub(super) type Scan = (Vec<Vec<u8>>, Tail);

/// Why a file cannot be read.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// It was changed by something else than this store.
    Damaged(Damage),
    /// It has a later format.
    Format(u32),
}

/// Reads a whole file. An unfinished batch at its end is left out: it was never acknowledged.
pub(super) fn scan(bytes: &[u8]) -> Result<Scan, Unreadable> {
    let header = bytes.get(..FILE_HEADER).filter(|header| header.starts_with(&MAGIC));
    let Some(header) = header else { return Err(damaged(bytes, 0, 0)) };
    match header.get(MAGIC.len()..).and_then(|mut rest| take(&mut rest)).map(u32::from_le_bytes) {
        Some(VERSION) => {}
        found => return Err(Unreadable::Format(found.unwrap_or_default())),
    }
    let mut entries = Vec::new();
    let (mut tail, mut at) = (Tail { link: short(header), ..Tail::default() }, FILE_HEADER);
    loop {
        tail.end = at as u64;
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.is_empty() {
            return Ok((entries, tail));
        }
        let length = match next(rest, at, &mut tail, &mut entries) {
            Next::Whole(length) => length,
            // what comes after an unfinished batch could only be written after it was finished
            Next::Unfinished if later(bytes, at).next().is_none() => return Ok((entries, tail)),
            Next::Unfinished | Next::Wrong => return Err(damaged(bytes, at, entries.len())),
        };
        at += length;
    }
}

enum Next {
    /// A batch of so many bytes.
    Whole(usize),
    /// What a write leaves that never came to its end.
    Unfinished,
    /// Something else.
    Wrong,
}

fn next(bytes: &[u8], offset: usize, tail: &mut Tail, entries: &mut Vec<Vec<u8>>) -> Next {
    let Some((header, link)) = Header::read(bytes) else {
        let torn = bytes.len() < FRAME_HEADER || unwritten(bytes, offset, FRAME_HEADER);
        return if torn { Next::Unfinished } else { Next::Wrong };
    };
    if header.previous != tail.link || header.version <= tail.version || header.epoch < tail.epoch {
        return Next::Wrong;
    }
    let Some(body) = header.body(bytes) else { return Next::Unfinished };
    let length = FRAME_HEADER + body.len();
    let before = entries.len();
    if long(body) != header.body || !split(body, header.count, entries) {
        entries.truncate(before);
        let torn = bytes.len() == length && unwritten(bytes, offset, length);
        return if torn { Next::Unfinished } else { Next::Wrong };
    }
    (tail.version, tail.epoch, tail.link) = (header.version, header.epoch, link);
    Next::Whole(length)
}

fn damaged(bytes: &[u8], at: usize, before: usize) -> Unreadable {
    let readable: Vec<_> = later(bytes, at).collect();
    let until = readable.first().map_or(bytes.len(), |(at, _)| *at);
    let after = readable.iter().map(|(_, header)| header.count as usize).sum();
    Unreadable::Damaged(Damage { path: PathBuf::new(), offset: at as u64, until: until as u64, before, after })
}

/// Whole frames, as they were written, from `from` on, wherever they begin.
fn later(bytes: &[u8], from: usize) -> impl Iterator<Item = (usize, Header)> {
    let mut at = from;
    std::iter::from_fn(move || {
        loop {
            let rest = bytes.get(at..)?;
            let found = rest.windows(FRAME_MAGIC.len()).position(|window| window == FRAME_MAGIC)?;
            let start = at + found;
            at = start + 1;
            let rest = bytes.get(start..)?;
            if let Some((header, _)) = Header::read(rest)
                && let Some(body) = header.body(rest)
                && long(body) == header.body
            {
                at = start + FRAME_HEADER + body.len();
                return Some((start, header));
            }
        }
    })
}

/// Whether a sector of the first `length` of `bytes`, which begin at `offset` of the file, was never written: it is all zeros, which no frame has so many of.
fn unwritten(bytes: &[u8], offset: usize, length: usize) -> bool {
    let bytes = bytes.get(..length).unwrap_or(bytes);
    let first = (SECTOR - offset % SECTOR).min(bytes.len());
    let (head, rest) = bytes.split_at(first);
    std::iter::once(head).chain(rest.chunks(SECTOR)).any(|sector| sector.iter().all(|byte| *byte == 0))
}

fn split(mut body: &[u8], count: u32, entries: &mut Vec<Vec<u8>>) -> bool {
    for _ in 0..count {
        let Some(length) = take(&mut body).map(u32::from_le_bytes) else { return false };
        let Some((entry, rest)) = body.split_at_checked(length as usize) else { return false };
        entries.push(entry.to_vec());
        body = rest;
    }
    body.is_empty()
}

fn take<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = from.split_first_chunk()?;
    *from = rest;
    Some(*taken)
}

fn short(bytes: &[u8]) -> Link {
    blake3::hash(bytes).as_bytes().first_chunk().copied().unwrap_or_default()
}

fn long(bytes: &[u8]) -> [u8; 16] {
    blake3::hash(bytes).as_bytes().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file of these batches, and where each frame ends.
    fn file(batches: &[Vec<Vec<u8>>]) -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut link) = file_header();
        let mut ends = vec![bytes.len()];
        for (version, batch) in (1..).zip(batches) {
            let (frame, next) = frame(batch, version, 1, link);
            bytes.extend(frame);
            link = next;
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    fn texts(batches: usize, size: usize) -> Vec<Vec<Vec<u8>>> {
        (0..batches)
            .map(|batch| (0..3).map(|entry| format!("{batch}.{entry} ").repeat(size).into_bytes()).collect())
            .collect()
    }

    #[track_caller]
    fn check(bytes: &[u8], entries: usize, end: usize) {
        let (read, tail) = scan(bytes).unwrap();
        assert_eq!((read.len(), tail.end), (entries, end as u64));
    }

    #[test]
    fn every_prefix_is_the_batches_that_are_whole() {
        let batches = texts(4, 60);
        let (bytes, ends) = file(&batches);
        for length in FILE_HEADER..=bytes.len() {
            let whole = ends.iter().filter(|end| **end <= length).count() - 1;
            check(&bytes[..length], 3 * whole, ends[whole]);
        }
    }

    /// Of the last write any sectors may be missing: then it was never acknowledged, and what was is intact.
    #[test]
    fn any_sectors_of_the_last_write_may_be_missing() {
        let batches = texts(3, 120);
        let (bytes, ends) = file(&batches);
        let (last, sectors) = (ends[2], bytes.len() / SECTOR + 1);
        for missing in 1_u32..1 << (sectors - last / SECTOR) {
            let mut torn = bytes.clone();
            for sector in (last / SECTOR..sectors).filter(|sector| missing >> (sector - last / SECTOR) & 1 == 1) {
                let from = (sector * SECTOR).max(last);
                let to = ((sector + 1) * SECTOR).min(bytes.len());
                torn[from..to].fill(0);
            }
            check(&torn, 6, last);
        }
    }

    #[test]
    fn a_changed_byte_is_never_read_and_never_cut_off() {
        let (bytes, ends) = file(&texts(3, 60));
        for at in 0..bytes.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                match scan(&changed) {
                    Err(Unreadable::Damaged(damage)) => {
                        let whole = ends.iter().filter(|end| **end <= at).count().saturating_sub(1);
                        assert_eq!(damage.before, 3 * whole, "byte {at}");
                        assert!(damage.offset <= at as u64 && damage.offset <= damage.until, "byte {at}: {damage:?}");
                        let readable = 2 - whole.min(2);
                        assert!(damage.after >= 3 * readable, "byte {at}: {damage:?}");
                    }
                    Err(Unreadable::Format(_)) => assert!((MAGIC.len()..FILE_HEADER).contains(&at), "byte {at}"),
                    Ok(_) => panic!("byte {at} was changed and nobody noticed"),
                }
            }
        }
    }

    #[test]
    fn batches_of_other_files_do_not_pass() {
        let (one, ends) = file(&texts(3, 9));
        let (other, _) = file(&texts(3, 10));
        let spliced = [&other[..ends[1]], &one[ends[1]..]].concat();
        assert!(matches!(scan(&spliced), Err(Unreadable::Damaged(_))));
        let without_second = [&one[..ends[1]], &one[ends[2]..]].concat();
        assert!(matches!(scan(&without_second), Err(Unreadable::Damaged(damage)) if damage.offset == damage.until));
    }

    /// Format 1 as it was first written: it must stay readable.
    #[test]
    fn format_1_is_read() {
        let bytes = include_bytes!("../../tests/formats/1.journal");
        let (entries, tail) = scan(bytes).unwrap();
        assert_eq!(entries, [&b"one"[..], b"two", b"", b"\x00\xff", b"three"]);
        assert_eq!((tail.version, tail.epoch, tail.end), (2, 7, bytes.len() as u64));
        // and is written as it is read
        let (mut again, link) = file_header();
        let (first, link) = frame(&entries[..4], 1, 7, link);
        let (second, _) = frame(&entries[4..], 2, 7, link);
        again.extend([first, second].concat());
        assert_eq!(again, bytes);
    }

    #[test]
    fn later_formats_are_refused() {
        let (mut bytes, _) = file(&[]);
        bytes[MAGIC.len()] = 9;
        assert!(matches!(scan(&bytes), Err(Unreadable::Format(9))));
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(mut bytes in prop::collection::vec(any::<u8>(), 0..300), framed in any::<bool>()) {
            if framed {
                bytes = [&file(&texts(1, 3)).0[..], &bytes].concat();
            }
            let _ = scan(&bytes);
        }

        #[test]
        fn what_is_written_is_read(batches in prop::collection::vec(prop::collection::vec(prop::collection::vec(any::<u8>(), 0..99), 1..5), 0..5)) {
            let (bytes, _) = file(&batches);
            let (entries, tail) = scan(&bytes).unwrap();
            prop_assert_eq!(entries, batches.concat());
            prop_assert_eq!(tail.end, bytes.len() as u64);
        }
    }
}
