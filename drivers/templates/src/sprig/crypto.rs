//! Encryption, and passwords that follow from others.

use aes::Aes256;
use aes::cipher::{Block, BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::arguments::{any, bytes, text};
use crate::context::Context;
use crate::data::Data;
use crate::functions::Parameter::{self, String as Str, Uint32};
use crate::functions::{Failed, Function, Outcome, Table};
use crate::sprig::encoding::decode_base64;

const TWO: &[Parameter] = &[Str, Str];

pub(crate) static TABLE: Table = &[
    ("derivePassword", Function::plain(&[Uint32, Str, Str, Str, Str], derive_password)),
    ("encryptAES", Function::plain(TWO, encrypt)),
    ("decryptAES", Function::plain(TWO, decrypt)),
];

/// The first 32 bytes of a password, the rest zero.
fn cipher(password: &[u8]) -> Aes256 {
    let mut key = [0; 32];
    for (byte, given) in key.iter_mut().zip(password) {
        *byte = *given;
    }
    Aes256::new(&key.into())
}

const BLOCK: usize = 16;

/// AES-256 in CBC mode, the initialisation vector in front.
fn encrypt(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let plain = bytes(arguments, 1);
    if plain.is_empty() {
        return Ok(Data::text(""));
    }
    let cipher = cipher(bytes(arguments, 0));
    let mut previous = [0; BLOCK];
    context.host.fill(&mut previous)?;
    let mut out = previous.to_vec();
    let padding = BLOCK - plain.len() % BLOCK;
    let mut padded = plain.to_vec();
    padded.resize(plain.len() + padding, u8::try_from(padding).unwrap_or_default());
    for chunk in padded.chunks(BLOCK) {
        let mut block: [u8; BLOCK] = previous;
        block.iter_mut().zip(chunk).for_each(|(byte, plain)| *byte ^= plain);
        let mut encrypted: Block<Aes256> = block.into();
        cipher.encrypt_block(&mut encrypted);
        previous = encrypted.into();
        out.extend_from_slice(&previous);
    }
    Ok(Data::from(STANDARD.encode(out)))
}

fn decrypt(_: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    if bytes(arguments, 1).is_empty() {
        return Ok(any(arguments, 1).clone());
    }
    let encrypted = decode_base64(bytes(arguments, 1))?;
    let Some((vector, encrypted)) = encrypted.split_at_checked(BLOCK) else {
        return Err(format!("runtime error: slice bounds out of range [:16] with capacity {}", encrypted.len()).into());
    };
    if encrypted.len() % BLOCK != 0 {
        return Err("crypto/cipher: input not full blocks".into());
    }
    let cipher = cipher(bytes(arguments, 0));
    let mut out = Vec::with_capacity(encrypted.len());
    for (chunk, previous) in encrypted.chunks(BLOCK).zip(std::iter::once(vector).chain(encrypted.chunks(BLOCK))) {
        let mut block = [0; BLOCK];
        block.copy_from_slice(chunk);
        let mut decrypted: Block<Aes256> = block.into();
        cipher.decrypt_block(&mut decrypted);
        out.extend(decrypted.iter().zip(previous).map(|(byte, previous)| byte ^ previous));
    }
    let Some(padding) = out.last().map(|byte| usize::from(*byte)) else {
        return Err("runtime error: index out of range [-1]".into());
    };
    let Some(length) = out.len().checked_sub(padding) else {
        let end = i64::try_from(out.len()).unwrap_or_default() - i64::try_from(padding).unwrap_or_default();
        return Err(format!("runtime error: slice bounds out of range [:{end}]").into());
    };
    out.truncate(length);
    Ok(Data::text(out))
}

const SEED: &[u8] = b"com.lyndir.masterpassword";

/// The shapes of a kind of password; each letter stands for a class of characters.
fn shapes(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        "long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        "medium" => &["CvcnoCvc", "CvcCvcno"],
        "short" => &["Cvcn"],
        "basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        "pin" => &["nnnn"],
        _ => return None,
    })
}

fn class(letter: u8) -> &'static [u8] {
    match letter {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'A' => b"AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// The Master Password algorithm.
fn derive_password(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let counter = match any(arguments, 0) {
        Data::Uint(counter) => u32::try_from(*counter).unwrap_or_default(),
        _ => 0,
    };
    let kind = text(arguments, 1);
    let Some(shapes) = shapes(&kind) else {
        return Ok(Data::from(format!("cannot find password template {kind}")));
    };
    // Deriving the key takes long on purpose.
    context.step(500_000)?;
    let salted = |text: &[u8]| {
        let length = u32::try_from(text.len()).unwrap_or_default().to_be_bytes();
        [SEED, length.as_slice(), text].concat()
    };
    let mut key = [0; 64];
    let failed = |_| Failed::from("failed to derive password");
    let parameters = scrypt::Params::new(15, 8, 2).map_err(failed)?;
    let salt = salted(bytes(arguments, 3));
    if scrypt::scrypt(bytes(arguments, 2), &salt, &parameters, &mut key).is_err() {
        return Err("failed to derive password".into());
    }
    let mut message = salted(bytes(arguments, 4));
    message.extend_from_slice(&counter.to_be_bytes());
    let seed = authenticated(&key, &message);
    let (first, rest) = seed.split_first().unwrap_or((&0, &[]));
    let shape = shapes.get(usize::from(*first) % shapes.len()).copied().unwrap_or_default();
    let password = shape.bytes().zip(rest).filter_map(|(letter, number)| {
        let class = class(letter);
        class.get(usize::from(*number) % class.len()).copied()
    });
    Ok(Data::text(password.collect::<Vec<u8>>()))
}

/// HMAC-SHA-256 with a key of one block.
fn authenticated(key: &[u8; 64], message: &[u8]) -> Vec<u8> {
    let inner = Sha256::new().chain_update(key.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(key.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().to_vec()
}
