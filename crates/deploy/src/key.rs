//! The deployer's key: from a keystore file or the environment, never from an argument or the repository.
use crate::artifacts::workspace;
use alloy::signers::local::{LocalSigner, PrivateKeySigner};
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;

/// The environment variable with the key, hexadecimal.
pub const KEY: &str = "PLUMBLINE_DEPLOYER_KEY";
/// The environment variable with the keystore's password.
pub const PASSWORD: &str = "PLUMBLINE_KEYSTORE_PASSWORD";

/// The key of a keystore, with the password of the file or of [`PASSWORD`]; without a keystore that of [`KEY`].
///
/// # Errors
/// No key or password is given, the keystore lies in the repository, or it cannot be decrypted.
pub fn deployer(keystore: Option<&Path>, password_file: Option<&Path>) -> Result<PrivateKeySigner> {
    match keystore {
        Some(path) => from_keystore(path, &password(password_file)?),
        None => from_environment(),
    }
}

fn from_keystore(path: &Path, password: &str) -> Result<PrivateKeySigner> {
    let real = path.canonicalize().with_context(|| format!("no keystore {}", path.display()))?;
    ensure!(!real.starts_with(workspace()), "{} lies in the repository: keep keys elsewhere", path.display());
    LocalSigner::decrypt_keystore(&real, password).with_context(|| format!("keystore {}", path.display()))
}

fn password(file: Option<&Path>) -> Result<String> {
    if let Some(file) = file {
        let text = std::fs::read_to_string(file).with_context(|| format!("no password file {}", file.display()))?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    std::env::var(PASSWORD).with_context(|| format!("give --password-file or set {PASSWORD}"))
}

fn from_environment() -> Result<PrivateKeySigner> {
    let Ok(text) = std::env::var(KEY) else { bail!("no key: give --keystore, or set {KEY}") };
    let Ok(key) = text.trim().parse() else { bail!("{KEY} is not a private key: 32 bytes in hexadecimal") };
    Ok(key)
}
