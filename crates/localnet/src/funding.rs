//! Mints test tokens and brings them where they belong: wallets, inventories, accounts, the house.
use crate::actors::Actor;
use crate::config::{DeskFunds, TCASH, USDC};
use crate::contracts::test;
use crate::net::Net;
use abi::escrow::MarginEscrow::{accountCall, depositCall, depositWithAuthorizationCall, fundHouseCall, pledgeCall};
use alloy::primitives::{Address, B256, U256, keccak256};
use anyhow::{Context, Result};
use chain::sign;
use chain::token::Erc20::approveCall;
use chain::token::ReceiveWithAuthorization;

alloy::sol! {
    function mint(address to, uint256 amount) external;
    function setAllowed(address holder, bool allowed) external;
}

impl Net {
    /// Escrow, desks and secured party may hold tokenized cash.
    ///
    /// # Errors
    /// Escrow or token is not deployed, or a transaction fails.
    pub async fn allow_cash_holders(&self) -> Result<()> {
        let desks = self.actors.desk.iter().map(Actor::address);
        let others = [self.deployment.escrow()?, self.actors.secured_party.address(), self.actors.operator.address()];
        for holder in desks.chain(others) {
            let call = setAllowedCall { holder, allowed: true };
            self.send(&self.actors.operator, self.deployment.token(TCASH)?.address, call).await?;
        }
        Ok(())
    }

    /// Creates test tokens.
    ///
    /// # Errors
    /// The token is not deployed, or the transaction fails.
    pub async fn mint(&self, symbol: &str, to: Address, whole: u64) -> Result<()> {
        let call = mintCall { to, amount: self.units(symbol, whole)? };
        self.send(&self.actors.operator, self.deployment.token(symbol)?.address, call).await?;
        Ok(())
    }

    /// Mints and brings in what a desk starts with; its USDC inventory comes by ERC-3009, the rest by allowance.
    ///
    /// # Errors
    /// The desk has no account, a token is not deployed, or a transaction fails.
    pub async fn fund_desk(&self, desk: &Actor, funds: &DeskFunds) -> Result<()> {
        let account = self.deployment.account(&desk.name)?;
        let parts =
            funds.wallet.by_symbol().into_iter().zip(funds.inventory.by_symbol()).zip(funds.pledged.by_symbol());
        for (((symbol, wallet), (_, inventory)), (_, pledged)) in parts {
            let total = wallet + inventory + pledged;
            if total == 0 {
                continue;
            }
            self.mint(symbol, desk.address(), total).await?;
            self.approve(desk, symbol, total).await?;
            self.stock(desk, symbol, inventory).await?;
            self.pledge_wallet(desk, account, symbol, pledged).await?;
        }
        Ok(())
    }

    /// The escrow may take `whole` tokens from the actor's wallet.
    ///
    /// # Errors
    /// Escrow or token is not deployed, or the transaction fails.
    pub async fn approve(&self, actor: &Actor, symbol: &str, whole: u64) -> Result<()> {
        let call = approveCall { spender: self.deployment.escrow()?, amount: self.units(symbol, whole)? };
        self.send(actor, self.deployment.token(symbol)?.address, call).await?;
        Ok(())
    }

    async fn stock(&self, desk: &Actor, symbol: &str, whole: u64) -> Result<()> {
        match (symbol, whole) {
            (_, 0) => Ok(()),
            (USDC, _) => self.deposit_signed(desk, symbol, whole, keccak256(&desk.name)).await,
            _ => self.deposit(desk, symbol, whole).await,
        }
    }

    /// Wallet to inventory, by allowance.
    ///
    /// # Errors
    /// As [`Self::approve`]; the wallet has too little, or has not approved.
    pub async fn deposit(&self, desk: &Actor, symbol: &str, whole: u64) -> Result<()> {
        let call = depositCall { token: self.deployment.token(symbol)?.address, amount: self.units(symbol, whole)? };
        self.send(desk, self.deployment.escrow()?, call).await?;
        Ok(())
    }

    /// Wallet to inventory by a signed authorization (ERC-3009) that the operator submits.
    ///
    /// # Errors
    /// As [`Self::approve`]; the wallet has too little, or the salt was used before.
    pub async fn deposit_signed(&self, desk: &Actor, symbol: &str, whole: u64, salt: B256) -> Result<()> {
        let (token, amount) = (self.deployment.token(symbol)?.address, self.units(symbol, whole)?);
        let message = ReceiveWithAuthorization {
            from: desk.address(),
            to: self.deployment.escrow()?,
            value: amount,
            validAfter: U256::ZERO,
            validBefore: U256::MAX,
            nonce: sign::deposit_nonce(desk.address(), salt),
        };
        let digest = sign::authorization(test(symbol), "1".to_owned(), self.deployment.chain_id, token, &message);
        let signature = sign::signature(&desk.key, digest).context("signing an ERC-3009 authorization")?;
        let call = depositWithAuthorizationCall {
            token,
            from: desk.address(),
            amount,
            validAfter: message.validAfter,
            validBefore: message.validBefore,
            salt,
            v: 27 + u8::from(signature.v()),
            r: signature.r().into(),
            s: signature.s().into(),
        };
        self.send(&self.actors.operator, self.deployment.escrow()?, call).await?;
        Ok(())
    }

    /// Wallet to margin account; the wallet must have approved.
    ///
    /// # Errors
    /// As [`Self::deposit`]; or the escrow refuses the pledge: the reason is in the error.
    pub async fn pledge_wallet(&self, desk: &Actor, account: u64, symbol: &str, whole: u64) -> Result<()> {
        if whole == 0 {
            return Ok(());
        }
        let call =
            pledgeCall { account, token: self.deployment.token(symbol)?.address, amount: self.units(symbol, whole)? };
        self.send(desk, self.deployment.escrow()?, call).await?;
        Ok(())
    }

    /// The secured party funds its house, which the first agreement opened.
    ///
    /// # Errors
    /// No account is open, so no house is; or as [`Self::fund`].
    pub async fn fund_house(&self, whole: u64) -> Result<u32> {
        let account = *self.deployment.accounts.values().next().context("no account is open, so no house is")?;
        let house = self.view(self.deployment.escrow()?, accountCall { account }).await?.house;
        self.fund(house, whole).await?;
        Ok(house)
    }

    /// Brings USDC into a house, from the secured party's wallet.
    ///
    /// # Errors
    /// Escrow or USDC is not deployed, there is no such house, or a transaction fails.
    pub async fn fund(&self, house: u32, whole: u64) -> Result<()> {
        let secured = &self.actors.secured_party;
        self.mint(USDC, secured.address(), whole).await?;
        self.approve(secured, USDC, whole).await?;
        let call = fundHouseCall { house, amount: self.units(USDC, whole)? };
        self.send(secured, self.deployment.escrow()?, call).await?;
        Ok(())
    }
}
