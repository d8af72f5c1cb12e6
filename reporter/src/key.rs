//! The reporter's key: from a keystore file or the environment, never from an argument.
use alloy::signers::local::{LocalSigner, PrivateKeySigner};
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;

/// The environment variable with the key, hexadecimal.
pub const KEY: &str = "PLUMBLINE_REPORTER_KEY";
/// The environment variable with the keystore's password.
pub const PASSWORD: &str = "PLUMBLINE_KEYSTORE_PASSWORD";

/// # Errors
/// Neither or both are given, or what is given is no key.
pub fn read(keystore: Option<&Path>, password_file: Option<&Path>) -> Result<PrivateKeySigner> {
    let in_environment = std::env::var(KEY).ok();
    match (keystore, in_environment) {
        (Some(_), Some(_)) => bail!("{KEY} is set and a keystore is named: say which by leaving out the other"),
        (Some(path), None) => {
            let password = password(password_file)?;
            LocalSigner::decrypt_keystore(path, password).with_context(|| format!("keystore {}", path.display()))
        }
        (None, Some(text)) => {
            ensure!(password_file.is_none(), "password-file goes with keystore");
            let Ok(key) = text.trim().parse() else { bail!("{KEY} is not a private key: 32 bytes in hexadecimal") };
            Ok(key)
        }
        (None, None) => bail!("no key: name a keystore in the configuration, or set {KEY}"),
    }
}

fn password(file: Option<&Path>) -> Result<String> {
    if let Some(file) = file {
        let text = std::fs::read_to_string(file).with_context(|| format!("password file {}", file.display()))?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    std::env::var(PASSWORD).with_context(|| format!("name password-file in the configuration, or set {PASSWORD}"))
}
