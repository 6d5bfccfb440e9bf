//! Encodings and checksums.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::arguments::bytes;
use crate::context::Context;
use crate::data::Data;
use crate::functions::Parameter::{self, String as Str};
use crate::functions::{Function, Outcome, Table};

const ONE: &[Parameter] = &[Str];

pub(crate) static TABLE: Table = &[
    ("b64enc", Function::plain(ONE, |_, a| Ok(Data::from(STANDARD.encode(bytes(a, 0)))))),
    ("b64dec", Function::plain(ONE, |_, a| Ok(decode_base64(bytes(a, 0)).map_or_else(Data::from, Data::text)))),
    ("b32enc", Function::plain(ONE, |_, a| Ok(Data::from(encode_base32(bytes(a, 0)))))),
    ("b32dec", Function::plain(ONE, |_, a| Ok(decode_base32(bytes(a, 0)).map_or_else(Data::from, Data::text)))),
    ("sha1sum", Function::plain(ONE, |_, a| Ok(Data::from(hexadecimal(&Sha1::digest(bytes(a, 0))))))),
    ("sha256sum", Function::plain(ONE, |_, a| Ok(Data::from(hexadecimal(&Sha256::digest(bytes(a, 0))))))),
    ("sha512sum", Function::plain(ONE, |_, a| Ok(Data::from(hexadecimal(&Sha512::digest(bytes(a, 0))))))),
    ("adler32sum", Function::plain(ONE, adler32)),
];

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn adler32(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    const MODULUS: u32 = 65_521;
    let (low, high) = bytes(arguments, 0).iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % MODULUS;
        (low, (high + low) % MODULUS)
    });
    Ok(Data::from((high << 16 | low).to_string()))
}

/// Decodes; the failure is Go's message, which sprig gives as the result.
pub(crate) fn decode_base64(text: &[u8]) -> Result<Vec<u8>, String> {
    decode(text, 6, 4, |byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    })
    .map_err(|place| format!("illegal base64 data at input byte {place}"))
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn encode_base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut bits = 0u64;
        for index in 0..5 {
            bits = bits << 8 | u64::from(chunk.get(index).copied().unwrap_or_default());
        }
        let used = (chunk.len() * 8).div_ceil(5);
        for index in 0..8 {
            let digit = usize::try_from(bits >> (35 - 5 * index) & 31).unwrap_or_default();
            out.push(if index < used { char::from(BASE32[digit]) } else { '=' });
        }
    }
    out
}

fn decode_base32(text: &[u8]) -> Result<Vec<u8>, String> {
    decode(text, 5, 8, |byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'2'..=b'7' => Some(byte - b'2' + 26),
        _ => None,
    })
    .map_err(|place| format!("illegal base32 data at input byte {place}"))
}

/// Decodes groups of so many digits of so many bits; the failure is the place of the offending byte. Line ends are
/// skipped, padding is required.
fn decode(text: &[u8], width: u32, group: usize, digit: fn(u8) -> Option<u8>) -> Result<Vec<u8>, usize> {
    let mut out = Vec::new();
    let mut source = text.iter().copied().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'));
    loop {
        let (mut bits, mut count) = (0u64, 0);
        let mut last = text.len();
        while count < group {
            let Some((place, byte)) = source.next() else {
                return if count == 0 { Ok(out) } else { Err(text.len() - count.min(text.len())) };
            };
            last = place;
            if byte == b'=' {
                break;
            }
            bits = bits << width | u64::from(digit(byte).ok_or(place)?);
            count += 1;
        }
        if count == group {
            let whole = group * width as usize / 8;
            out.extend_from_slice(&bits.to_be_bytes()[8 - whole..]);
            continue;
        }
        // Padding: the group must be one that whole bytes end in, and nothing may follow.
        let bytes = count * width as usize / 8;
        if bytes == 0 || count * width as usize - bytes * 8 >= width as usize {
            return Err(last);
        }
        for _ in count + 1..group {
            match source.next() {
                Some((_, b'=')) => {}
                Some((place, _)) => return Err(place),
                None => return Err(text.len()),
            }
        }
        if let Some((place, _)) = source.next() {
            return Err(place);
        }
        let shifted = bits << (64 - count as u32 * width);
        out.extend_from_slice(&shifted.to_be_bytes()[..bytes]);
        return Ok(out);
    }
}
