//! What a newcomer needs to talk to the system.
use alloy::hex;
use anyhow::Result;
use plumbline_localnet::{Localnet, MNEMONIC, USDC};
use serde_json::{Map, Value, json};

pub fn system(net: &Localnet, relayer: &str, agent: &str, as_json: bool) -> Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(&machine(net, relayer, agent))?);
    } else {
        table(net, relayer, agent);
        calls(net)?;
    }
    Ok(())
}

fn machine(net: &Localnet, relayer: &str, agent: &str) -> Value {
    let keys =
        net.actors.all().map(|actor| (actor.name.clone(), Value::String(hex::encode_prefixed(actor.key.to_bytes()))));
    json!({
        "rpc": net.rpc_url(),
        "ws": net.devnode.ws_url(),
        "relayer": relayer,
        "agent": agent,
        "openapi": format!("{relayer}/openapi.json"),
        "mnemonic": MNEMONIC,
        "keys": keys.collect::<Map<_, _>>(),
        "house": net.house,
        "deployment": net.deployment,
        "cache": net.places,
    })
}

fn line(name: &str, value: impl std::fmt::Display) {
    println!("{name:<22}{value}");
}

fn table(net: &Localnet, relayer: &str, agent: &str) {
    println!("\nPlumbline runs here. Test network: public keys, worthless tokens.\n");
    line("chain", format!("{}   {}   id {}", net.rpc_url(), net.devnode.ws_url(), net.deployment.chain_id));
    line("relayer", format!("{relayer}   {relayer}/openapi.json"));
    line("agent", format!("{agent}   {agent}/v1/agent"));
    line("deployment", format!("deployments/{}.json", net.deployment.chain_id));
    println!();
    for (name, record) in &net.deployment.contracts {
        let cached = net.places.get(name).is_some_and(|place| place.cached);
        line(name, format!("{}   {}", record.address, if cached { "cached" } else { "not cached" }));
    }
    for (symbol, token) in &net.deployment.tokens {
        line(symbol, format!("{}   {} decimals", token.address, token.decimals));
    }
    println!("\nKeys of \"{MNEMONIC}\", m/44'/60'/0'/0/i");
    for actor in net.actors.all() {
        let account =
            net.deployment.accounts.get(&actor.name).map_or(String::new(), |account| format!("   account {account}"));
        println!(
            "{:>2} {:<19}{}   {}{account}",
            actor.index,
            actor.name,
            actor.address(),
            hex::encode_prefixed(actor.key.to_bytes())
        );
    }
}

fn calls(net: &Localnet) -> Result<()> {
    let (rpc, escrow) = (net.rpc_url(), net.deployment.escrow()?);
    let (usdc, key) = (net.deployment.token(USDC)?.address, hex::encode_prefixed(net.actors.desk[0].key.to_bytes()));
    let account = net.deployment.account("desk-0")?;
    println!("\nWith cast (foundry):");
    println!("  cast block-number --rpc-url {rpc}");
    println!("  cast call {escrow} 'balance(uint64,address)(uint64,uint64,uint64)' {account} {usdc} --rpc-url {rpc}");
    println!("  cast send {usdc} 'approve(address,uint256)' {escrow} 1000000 --private-key {key} --rpc-url {rpc}");
    println!(
        "  cast send {escrow} 'pledge(uint64,address,uint256)' {account} {usdc} 1000000 --private-key {key} --rpc-url {rpc}"
    );
    println!(
        "  cast logs --from-block 0 --address {escrow} 'Pledged(uint64,address,address,uint256,uint8,uint64)' --rpc-url {rpc}"
    );
    println!("\nCtrl-C ends it.");
    Ok(())
}
