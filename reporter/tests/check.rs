//! The command line: what `--check` says, and where keys come from.
use crate::support::network;
use alloy::hex;
use anyhow::{Result, ensure};
use std::path::Path;
use std::process::{Command, Output};

fn reporter(config: &Path, flags: &[&str], variables: &[(&str, &str)]) -> Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reporter"));
    command.env_clear().arg("--config").arg(config).args(flags).envs(variables.iter().copied());
    Ok(command.output()?)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_says_what_would_be_signed() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("reporter.toml");
    net.deployment.save(folder.path().join("deployment.json"))?;
    let rpc = net.rpc_url();
    let write = |feeds: &str| {
        let text = format!(
            "rpc = {rpc:?}\ndeployment = \"deployment.json\"\npeers = [\"http://127.0.0.1:1\"]\n\
             [sources.desk]\nfile = \"prices.csv\"\n[feeds]\nUSDC-USD = [{{ constant = \"1\", confidence = 900000 }}]\n{feeds}"
        );
        std::fs::write(&config, text)
    };
    let key = |byte: [u8; 32]| hex::encode_prefixed(byte);
    let second = key(net.actors.reporters[1].key.to_bytes().0);
    let run = async |variables: &[(&str, &str)]| {
        let (config, variables) = (config.clone(), variables.to_vec());
        tokio::task::block_in_place(|| reporter(&config, &["--check"], &variables))
    };

    write("")?;
    let good = run(&[("PLUMBLINE_REPORTER_KEY", &second)]).await?;
    let said = text(&good.stdout);
    ensure!(good.status.success(), "{said} {}", text(&good.stderr));
    ensure!(said.contains("one of 5 reporters, 3 make a round"), "{said}");
    ensure!(said.contains("would be signed: 1 with confidence 900000, from constant"), "{said}");
    ensure!(said.contains("http://127.0.0.1:1") && said.contains("error"), "a peer that is silent is told: {said}");

    std::fs::write(folder.path().join("prices.csv"), "time,feed,source,price\n2025-13-10T00:00:00Z,BTC-USD,*,1\n")?;
    write("BTC-USD = [{ source = \"desk\" }]\n")?;
    let bad = run(&[("PLUMBLINE_REPORTER_KEY", &second)]).await?;
    let said = text(&bad.stdout);
    ensure!(bad.status.code() == Some(1), "{said}");
    ensure!(said.contains("BTC-USD") && said.contains("not signed") && said.contains("row 2"), "{said}");
    ensure!(said.contains("would be signed: 1 "), "{said}");

    write("")?;
    let stranger = key(net.actors.venue[0].key.to_bytes().0);
    let stranger = run(&[("PLUMBLINE_REPORTER_KEY", &stranger)]).await?;
    ensure!(
        stranger.status.code() == Some(1) && text(&stranger.stdout).contains("setReporters"),
        "{}",
        text(&stranger.stdout)
    );
    Ok(())
}

#[test]
fn keys_come_from_the_environment_or_a_keystore() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("reporter.toml");
    let write = |more: &str| {
        std::fs::write(
            &config,
            format!("deployment = \"none.json\"\n{more}[feeds]\nUSDC-USD = [{{ constant = \"1\" }}]\n"),
        )
    };
    let refused = |flags: &[&str], variables: &[(&str, &str)], reason: &str| {
        let output = reporter(&config, flags, variables)?;
        let said = text(&output.stderr);
        ensure!(!output.status.success() && said.contains(reason), "{reason}: {said}");
        Ok(())
    };
    write("")?;
    let key = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";
    refused(&[], &[], "PLUMBLINE_REPORTER_KEY")?;
    refused(&[], &[("PLUMBLINE_REPORTER_KEY", "0x1234")], "not a private key")?;
    refused(&[], &[("PLUMBLINE_REPORTER_KEY", key)], "none.json")?;
    refused(&["--key", key], &[], "unexpected argument")?;
    refused(&["--clock-offset", "nan"], &[], "expected seconds")?;
    write("keystore = \"key.json\"\npassword-file = \"password\"\n")?;
    refused(&[], &[], "password")?;
    std::fs::write(folder.path().join("password"), "secret\n")?;
    refused(&[], &[], "key.json")?;
    refused(&[], &[("PLUMBLINE_REPORTER_KEY", key)], "say which")?;
    write("kye = 1\n")?;
    refused(&[], &[("PLUMBLINE_REPORTER_KEY", key)], "kye")?;
    Ok(())
}
