//! Hashes of passwords.

use crate::arguments::{bytes, text};
use crate::context::Context;
use crate::data::Data;
use crate::functions::{Failed, Outcome};

/// Go's default.
const COST: u32 = 10;
/// What bcrypt sees of a password.
const LENGTH: usize = 72;
/// Hashing takes long on purpose.
const STEPS: usize = 100_000;

pub(super) fn bcrypt(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    Ok(Data::from(hash(context, bytes(arguments, 0))?))
}

pub(super) fn htpasswd(context: &mut Context<'_>, arguments: &[Data]) -> Outcome {
    let user = text(arguments, 0);
    if user.contains(':') {
        return Ok(Data::from(format!("invalid username: {user}")));
    }
    Ok(Data::from(format!("{user}:{}", hash(context, bytes(arguments, 1))?)))
}

fn hash(context: &mut Context<'_>, password: &[u8]) -> Result<String, Failed> {
    const FAILED: &str = "failed to encrypt string with bcrypt";
    if password.len() > LENGTH {
        return Ok(format!("{FAILED}: bcrypt: password length exceeds {LENGTH} bytes"));
    }
    context.step(STEPS)?;
    let mut salt = [0; 16];
    context.host.fill(&mut salt)?;
    Ok(match bcrypt::hash_with_salt(password, COST, salt) {
        Ok(parts) => parts.format_for_version(bcrypt::Version::TwoA),
        Err(error) => format!("{FAILED}: {error}"),
    })
}
