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
