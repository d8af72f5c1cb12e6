//! Standing orders: how much of which token moves. Pure; the escrow and the relayer call the same.
//!
//! * A top-up: [`Lack`] is what it brings at most, [`bring`] goes through its tokens, [`Daily`] is what each may bring in a day.
//! * A substitution: [`Swap`]. A return: [`buffered_up`] is what stays, [`Kept`] what may leave of one token.
use crate::posting::Holding;
use crate::value::{Lots, credit_down, day, is_stressed, value_down};
use abi::escrow::WHOLE;

/// Micro-USD of a valuation factor's unit.
const FACTOR: u128 = 1_000_000_000;
const PPM: u128 = abi::PPM as u128;

/// Lots that a token may bring within any 24 hours: what this UTC day and the last one brought counts. So what was taken is free
/// again after one to two days, and no midnight doubles the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Daily {
    /// Lots within any 24 hours.
    pub limit: u64,
    /// Days since 1970.
    pub day: u64,
    /// Lots taken in `day`.
    pub today: u64,
    /// Lots taken in the day before it.
    pub yesterday: u64,
}

impl Daily {
    /// Lots that may still be taken now.
    pub fn left(&self, now: u64) -> u64 {
        let present = self.at(now);
        self.limit.saturating_sub(present.today).saturating_sub(present.yesterday)
    }

    /// With lots taken now.
    pub fn take(self, lots: u64, now: u64) -> Self {
        let present = self.at(now);
        Self { today: present.today.saturating_add(lots), ..present }
    }

    fn at(self, now: u64) -> Self {
        let today = day(now);
        match today.saturating_sub(self.day) {
            0 => self,
            1 => Self { day: today, today: 0, yesterday: self.today, ..self },
            _ => Self { day: today, today: 0, yesterday: 0, ..self },
        }
    }
}

/// What an account lacks that an order may bring, micro-USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lack {
    /// Of margin that is due or asked for.
    pub margin: u64,
    /// Of variation and interest that it owes: the settlement token alone brings it, a lot for each micro-USD.
    pub owed: u64,
}

/// What is missing of margin, by what is due at any price of what has none and if that is worth nothing: while prices cannot
/// tell, as much as was asked for.
pub fn margin_due(surely: u64, possibly: u64, asked: u64) -> u64 {
    if surely == possibly { surely } else { surely.max(asked) }
}

impl Lack {
    /// Of margin due and of what is owed. `held` a dispute or a ruling holds back, of which `kept` from what is owed: no order
    /// delivers that.
    pub fn of(margin: u64, owed: u64, held: u64, kept: u64) -> Self {
        let payable = owed.saturating_sub(kept);
        let all = margin.saturating_add(owed).saturating_sub(held);
        Self { margin: margin.min(all.saturating_sub(payable)), owed: payable.min(all) }
    }

    /// An order has nothing to do.
    pub fn is_none(&self) -> bool {
        self.margin == 0 && self.owed == 0
    }
}

/// A token that an order may bring in.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// What the account has of it.
    pub held: Holding<'a>,
    /// Lots that may come: of the inventory, within the order's limit.
    pub most: u64,
    /// Lots in the least amount that moves: more than one of a token with fewer than six decimals.
    pub unit: u64,
}

/// Goes through an order's tokens, the first first, until what is `missing` of `C` is brought: `take` is told the place of a
/// token and lots of it. A token that cannot help is passed over.
pub fn bring<'a>(
    mut missing: u64,
    required: u64,
    sources: impl IntoIterator<Item = Source<'a>>,
    mut take: impl FnMut(usize, u64),
) {
    for (place, source) in sources.into_iter().enumerate() {
        let lots = source.lots_up(missing, required);
        if lots != 0 {
            missing = missing.saturating_sub(source.gain(lots, required));
            take(place, lots);
        }
    }
}

/// Lots of the settlement token that pay what is owed, whole units of them, as far as `most` may come.
pub fn owed_up(owed: u64, most: u64, unit: u64) -> u64 {
    up_to_unit(owed, unit).min(whole_units(most, unit))
}

impl Source<'_> {
    /// The fewest lots that bring what is missing of `C`, micro-USD; all that may come, where that is less; none, where none helps.
    pub fn lots_up(&self, missing: u64, required: u64) -> u64 {
        let (before, most) = (self.credit(self.held.lots, required), self.credit_at_most(required));
        let reached = before.saturating_add(missing).min(most);
        if self.held.recalled || reached <= before {
            return 0;
        }
        let most = self.whole(self.most);
        let lots = self.reaching_up(reached);
        if lots <= most {
            return lots;
        }
        // All that there is, but for lots whose value is rounded away.
        let brings = self.gain(most, required);
        if brings == 0 { 0 } else { self.reaching_up(before.saturating_add(brings)).min(most) }
    }

    /// What `lots` more bring of `C`, micro-USD.
    pub fn gain(&self, lots: u64, required: u64) -> u64 {
        let before = self.credit(self.held.lots, required);
        self.with(lots).map_or(0, |with| self.credit(with, required)).saturating_sub(before)
    }

    fn with(&self, lots: u64) -> Option<Lots> {
        let valuation = self.held.valuation;
        self.held.lots.relaxed(valuation).add(lots, is_stressed(valuation))
    }

    fn value(&self, lots: Lots) -> u64 {
        Holding { lots, ..self.held }.value()
    }

    fn credit(&self, lots: Lots, required: u64) -> u64 {
        credit_down(self.value(lots), self.held.valuation.concentrationLimit, required)
    }

    fn credit_at_most(&self, required: u64) -> u64 {
        credit_down(u64::MAX, self.held.valuation.concentrationLimit, required)
    }

    /// The fewest further lots, whole units of them, with which the holding is worth `value`; more than there are, where none does.
    fn reaching_up(&self, value: u64) -> u64 {
        let (valuation, lots) = (self.held.valuation, self.held.lots.relaxed(self.held.valuation));
        let face = face_up(value, self.held.ratio);
        let (there, fixed, factor) = if is_stressed(valuation) {
            let ordinary = Lots { all: lots.all.saturating_sub(lots.stressed), stressed: 0 };
            (lots.stressed, value_down(ordinary, valuation), valuation.factorNew)
        } else {
            (lots.all, 0, valuation.factor)
        };
        let all = lots_up(face.saturating_sub(fixed), factor);
        up_to_unit(all.saturating_sub(there).max(1), self.unit)
    }

    fn whole(&self, lots: u64) -> u64 {
        whole_units(lots, self.unit)
    }
}

/// A substitution: a token out and another in that is worth no less, and counts for no less of `C`.
#[derive(Clone, Copy, Debug)]
pub struct Swap<'a> {
    /// What goes out: at most that many lots, which are free to leave.
    pub out: Source<'a>,
    /// What comes in for it.
    pub into: Source<'a>,
    /// `C`, micro-USD.
    pub required: u64,
    /// What counts beyond `C`, micro-USD: of that concentration limits may take, since what all is worth does not fall.
    pub spare: u64,
}

impl Swap<'_> {
    /// The most lots that can go out, and the fewest that come in for them; none where nothing can.
    pub fn most(&self) -> Option<(u64, u64)> {
        if self.into.held.recalled {
            return None;
        }
        let units = self.out.most.checked_div(self.out.unit).unwrap_or(0);
        let out = |units: u64| units.saturating_mul(self.out.unit);
        if let Some(coming) = self.coming_up(out(units)).filter(|_| units != 0) {
            return Some((out(units), coming));
        }
        // What must come in grows with what goes out.
        let (mut works, mut fails) = (0, units);
        while fails.saturating_sub(works) > 1 {
            let middle = works.midpoint(fails);
            if self.coming_up(out(middle)).is_some() { works = middle } else { fails = middle }
        }
        let coming = self.coming_up(out(works)).filter(|_| works != 0)?;
        Some((out(works), coming))
    }

    /// The fewest lots for which so many may go out; none where there are fewer, or its concentration limit leaves no room.
    fn coming_up(&self, out: u64) -> Option<u64> {
        let before = self.out.held.lots.relaxed(self.out.held.valuation);
        let after = before.remove(out)?;
        // What is recalled counts for nothing already.
        let counts = !self.out.held.recalled;
        let value = self.out.value(before).saturating_sub(self.out.value(after));
        let credit = self.out.credit(before, self.required).saturating_sub(self.out.credit(after, self.required));
        let (value, credit) = if counts { (value, credit.saturating_sub(self.spare)) } else { (0, 0) };
        let there = self.into.held.lots.relaxed(self.into.held.valuation);
        let counted = self.into.credit(there, self.required).saturating_add(credit);
        let room = credit == 0 || counted <= self.into.credit_at_most(self.required);
        let reached = self.into.value(there).saturating_add(value).max(if credit == 0 { 0 } else { counted });
        let coming = self.into.reaching_up(reached);
        (room && coming <= self.into.whole(self.into.most)).then_some(coming)
    }
}

/// The level at which a substitution acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Parts per million, reached from below; zero: none.
    pub haircut: u32,
    /// 1e-8 USD, reached from above; zero: none.
    pub price: u64,
}

impl Level {
    /// It is reached as things stand, whatever steps led there.
    pub fn is_reached(&self, haircut: u32, price: u64) -> bool {
        (self.haircut != 0 && haircut >= self.haircut) || (self.price != 0 && price <= self.price)
    }
}

/// The price, 1e-8 USD, that a valuation factor was computed with at a haircut of less than 90 %: the least one, at a higher haircut.
pub fn price_of(factor: u64, haircut: u32) -> u64 {
    quotient_up(factor, 100_000, abi::PPM.saturating_sub(haircut).into())
}

/// `C·(1 + ppm) + amount`: what stays in an account whose excess goes back.
pub fn buffered_up(required: u64, ppm: u32, amount: u64) -> u64 {
    let more = u128::from(required).saturating_mul(ppm.into()).div_ceil(PPM);
    required.saturating_add(u64::try_from(more).unwrap_or(u64::MAX)).saturating_add(amount)
}

/// One token of an account whose excess goes back.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a> {
    /// What may leave of it.
    pub held: Holding<'a>,
    /// Lots in the least amount that moves.
    pub unit: u64,
}

impl Kept<'_> {
    /// The most lots that may leave, where it must count for `least` of a base, micro-USD.
    pub fn free_down(&self, least: u64, base: u64) -> u64 {
        let (valuation, lots) = (self.held.valuation, self.held.lots.relaxed(self.held.valuation));
        if least > self.credit(self.held.lots, base) {
            return 0;
        }
        let (face, stressed) = (face_up(least, self.held.ratio), Lots { all: lots.stressed, stressed: lots.stressed });
        let last = value_down(stressed, valuation);
        let kept = if face <= last {
            lots_up(face, valuation.factorNew)
        } else {
            lots.stressed.saturating_add(lots_up(face.saturating_sub(last), valuation.factor))
        };
        let free = lots.all.saturating_sub(kept);
        whole_units(free, self.unit)
    }

    /// What so many lots count for of a base, micro-USD.
    pub fn credit(&self, lots: Lots, base: u64) -> u64 {
        let value = Holding { lots, ..self.held }.value();
        credit_down(value, self.held.valuation.concentrationLimit, base)
    }
}

/// The least value whose share at a ratio is `value`.
fn face_up(value: u64, ratio: u64) -> u64 {
    if ratio == WHOLE { value } else { quotient_up(value, WHOLE, ratio) }
}

/// The fewest lots worth `value` micro-USD at a factor.
fn lots_up(value: u64, factor: u64) -> u64 {
    let product = u128::from(value).saturating_mul(FACTOR);
    let lots = if value == 0 { 0 } else { product.saturating_add(u128::from(factor).saturating_sub(1)) };
    lots.checked_div(factor.into())
        .map_or(if value == 0 { 0 } else { u64::MAX }, |lots| u64::try_from(lots).unwrap_or(u64::MAX))
}

/// `amount · of / part`, rounded up; more than any, where the part is nothing.
fn quotient_up(amount: u64, of: u64, part: u64) -> u64 {
    let product = u128::from(amount).saturating_mul(of.into());
    let up = product.saturating_add(u128::from(part).saturating_sub(1));
    up.checked_div(part.into()).and_then(|quotient| u64::try_from(quotient).ok()).unwrap_or(u64::MAX)
}

fn whole_units(lots: u64, unit: u64) -> u64 {
    lots.saturating_sub(lots.checked_rem(unit).unwrap_or(0))
}

fn up_to_unit(lots: u64, unit: u64) -> u64 {
    lots.div_ceil(unit.max(1)).saturating_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::registry::Valuation;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    const DAY: u64 = 86_400;
    const NOON: u64 = 20_000 * DAY + 43_200;

    fn valuation(factor: u64, factor_new: u64, limit: u32) -> Valuation {
        Valuation { slot: 9, factor, factorNew: factor_new, concentrationLimit: limit, suspended: false, priceCap: 100 }
    }

    fn source(valuation: &Valuation, all: u64, most: u64) -> Source<'_> {
        let lots = Lots { all, stressed: 0 };
        Source { held: Holding { lots, late: 0, valuation, ratio: WHOLE, recalled: false }, most, unit: 1 }
    }

    fn taken<'a>(missing: u64, required: u64, sources: impl IntoIterator<Item = Source<'a>>) -> Vec<(usize, u64)> {
        let mut all = Vec::new();
        bring(missing, required, sources, |place, lots| all.push((place, lots)));
        all
    }

    #[test]
    fn as_much_as_is_missing_comes_from_the_first_that_has_it() {
        let dollar = valuation(900_000_000, 900_000_000, 1_000_000);
        assert_eq!(taken(90, 1_000, [source(&dollar, 0, 500), source(&dollar, 0, 500)]), [(0, 100)]);
        assert_eq!(taken(91, 1_000, [source(&dollar, 0, 500)]), [(0, 102)], "rounded up");
        assert_eq!(taken(90, 1_000, [source(&dollar, 0, 40), source(&dollar, 0, 500)]), [(0, 40), (1, 60)]);
        assert_eq!(taken(0, 1_000, [source(&dollar, 0, 40)]), []);
    }

    #[test]
    fn what_cannot_help_is_passed_over() {
        let (dollar, worthless) = (valuation(900_000_000, 900_000_000, 1_000_000), valuation(0, 0, 1_000_000));
        let full = valuation(900_000_000, 900_000_000, 100_000);
        let held = source(&dollar, 0, 500).held;
        let recalled = Source { held: Holding { recalled: true, ..held }, ..source(&dollar, 0, 500) };
        let nothing_left = Source { held: Holding { ratio: 0, ..held }, ..source(&dollar, 0, 500) };
        let sources = [
            source(&worthless, 0, 500),
            source(&full, 200, 500),
            recalled,
            nothing_left,
            source(&dollar, 0, 0),
            source(&dollar, 0, 1),
            source(&dollar, 0, 500),
        ];
        assert_eq!(taken(90, 1_000, sources), [(6, 100)]);
    }

    #[test]
    fn a_concentration_limit_ends_what_one_token_brings() {
        let (tenth, dollar) =
            (valuation(500_000_000, 500_000_000, 100_000), valuation(1_000_000_000, 1_000_000_000, 1_000_000));
        assert_eq!(taken(300, 1_000, [source(&tenth, 0, 900), source(&dollar, 0, 900)]), [(0, 200), (1, 200)]);
    }

    #[test]
    fn under_stress_new_lots_take_the_higher_haircut() {
        let stressed = valuation(900_000_000, 500_000_000, 1_000_000);
        assert_eq!(taken(90, 1_000, [source(&stressed, 100, 900)]), [(0, 180)]);
    }

    #[test]
    fn whole_units_come() {
        let dollar = valuation(1_000_000_000, 1_000_000_000, 1_000_000);
        let cents = |most| Source { unit: 10_000, ..source(&dollar, 0, most) };
        assert_eq!(taken(10_001, 1_000_000, [cents(50_000)]), [(0, 20_000)]);
        assert_eq!(taken(50_001, 1_000_000, [cents(59_999)]), [(0, 50_000)]);
        assert_eq!((owed_up(10_001, 59_999, 10_000), owed_up(90_000, 59_999, 10_000)), (20_000, 50_000));
    }

    #[test]
    fn no_order_delivers_what_is_held_back() {
        assert_eq!(Lack::of(70, 30, 0, 0), Lack { margin: 70, owed: 30 });
        assert_eq!(Lack::of(70, 30, 40, 30), Lack { margin: 60, owed: 0 });
        assert_eq!(Lack::of(70, 30, 90, 0), Lack { margin: 0, owed: 10 });
        assert!(Lack::of(70, 30, 100, 30).is_none());
    }

    #[test]
    fn while_prices_cannot_tell_margin_is_missing_as_it_was_asked_for() {
        assert_eq!((margin_due(5, 5, 9), margin_due(5, 50, 9), margin_due(5, 50, 0)), (5, 9, 5));
    }

    #[test]
    fn a_days_limit_holds_over_midnight() {
        let limit = Daily { limit: 100, ..Daily::default() }.take(60, NOON);
        assert_eq!(limit.left(NOON), 40);
        let later = limit.take(40, NOON + DAY / 2);
        assert_eq!((later.left(NOON + DAY / 2), later.left(NOON + DAY)), (0, 0));
        assert_eq!((later.left(NOON + 3 * DAY / 2), later.left(NOON + 5 * DAY / 2)), (60, 100));
    }

    #[test]
    fn no_less_comes_in_than_goes_out() {
        let (bad, good) =
            (valuation(800_000_000, 800_000_000, 1_000_000), valuation(990_000_000, 990_000_000, 1_000_000));
        let swap =
            |most| Swap { out: source(&bad, 1_000, 1_000), into: source(&good, 0, most), required: 5_000, spare: 0 };
        assert_eq!(swap(5_000).most(), Some((1_000, 809)));
        assert_eq!(swap(809).most(), Some((1_000, 809)));
        assert_eq!(swap(400).most(), Some((495, 400)));
        assert_eq!(swap(0).most(), None);
    }

    #[test]
    fn a_concentration_limit_of_what_comes_in_bounds_what_goes_out() {
        let (bad, good) =
            (valuation(1_000_000_000, 1_000_000_000, 1_000_000), valuation(1_000_000_000, 1_000_000_000, 300_000));
        let swap = Swap { out: source(&bad, 900, 900), into: source(&good, 100, 900), required: 1_000, spare: 0 };
        assert_eq!(swap.most(), Some((200, 200)));
        assert_eq!(Swap { spare: 50, ..swap }.most(), Some((250, 250)));
        assert_eq!(Swap { spare: 900, ..swap }.most(), Some((900, 900)));
    }

    #[test]
    fn a_level_is_reached_from_its_own_side() {
        let level = Level { haircut: 50_000, price: 99_000_000 };
        assert!(level.is_reached(50_000, 99_000_001) && level.is_reached(0, 99_000_000));
        assert!(!level.is_reached(49_999, 99_000_001) && !Level::default().is_reached(1_000_000, 0));
        assert_eq!((price_of(949_525_000, 50_000), price_of(949_049_999, 50_000)), (99_950_000, 99_900_000));
    }

    #[test]
    fn what_exceeds_the_buffer_is_free() {
        let dollar = valuation(900_000_000, 900_000_000, 1_000_000);
        let kept = Kept { held: source(&dollar, 1_000, 0).held, unit: 1 };
        assert_eq!(buffered_up(1_000, 50_001, 7), 1_058);
        assert_eq!((kept.free_down(450, 10_000), kept.free_down(451, 10_000)), (500, 498));
        assert_eq!(
            (kept.free_down(0, 10_000), kept.free_down(900, 10_000), kept.free_down(901, 10_000)),
            (1_000, 0, 0)
        );
        assert_eq!(Kept { unit: 100, ..kept }.free_down(451, 10_000), 400);
    }

    fn any_valuation() -> impl Strategy<Value = Valuation> {
        (0u64..2_000_000_000, 0u64..=1_000_000_000, prop_oneof![Just(1_000_000_000u64), Just(0)], 0u32..=1_000_000)
            .prop_map(|(factor, part, calm, limit)| {
                let part = part.max(calm);
                valuation(factor, (u128::from(factor) * u128::from(part) / FACTOR) as u64, limit)
            })
    }

    fn any_lots() -> impl Strategy<Value = Lots> {
        (0u64..5_000, 0u64..5_000).prop_map(|(all, stressed)| Lots { all, stressed: stressed.min(all) })
    }

    proptest! {
        /// The fewest lots that do: one unit fewer brings less than is missing, and no more than may come does.
        #[test]
        fn no_more_comes_than_is_needed(valuation in any_valuation(), lots in any_lots(), ratio in 0u64..=WHOLE, most in 0u64..9_000, unit in prop_oneof![Just(1u64), Just(10)], missing in 0u64..9_000, required in 0u64..20_000) {
            let source = Source { held: Holding { lots, late: 0, valuation: &valuation, ratio, recalled: false }, most, unit };
            let came = source.lots_up(missing, required);
            prop_assert!(came <= most && came.is_multiple_of(unit));
            let gain = |lots| source.gain(lots, required);
            let best = gain(most - most % unit);
            if came == 0 {
                prop_assert!(missing == 0 || best == 0);
            } else {
                prop_assert!(gain(came) >= missing.min(best));
                prop_assert!(came == unit || gain(came - unit) < missing.min(best));
            }
        }

        /// Neither what collateral is worth nor what counts of it falls, and one unit more could not go out.
        #[test]
        fn a_swap_weakens_nothing(out in any_valuation(), into in any_valuation(), held in any_lots(), there in any_lots(), leaves in 0u64..5_000, most in 0u64..9_000, required in 0u64..20_000, spare in prop_oneof![Just(0), 0u64..3_000]) {
            let of = |valuation, lots, most| Source { held: Holding { lots, late: 0, valuation, ratio: WHOLE, recalled: false }, most, unit: 1 };
            let swap = Swap { out: of(&out, held, leaves.min(held.all)), into: of(&into, there, most), required, spare };
            let after = |gone: u64, came: u64| {
                let (left, with) = (held.relaxed(&out).remove(gone).unwrap(), there.relaxed(&into).add(came, is_stressed(&into)).unwrap());
                let value = swap.out.value(left) + swap.into.value(with);
                (value, swap.out.credit(left, required) + swap.into.credit(with, required))
            };
            let before = after(0, 0);
            let kept = |gone, came| { let (value, credit) = after(gone, came); value >= before.0 && credit + spare >= before.1 };
            match swap.most() {
                Some((gone, came)) => {
                    prop_assert!(gone <= swap.out.most && came <= most && kept(gone, came));
                    prop_assert!(came <= 1 || !kept(gone, came - 1));
                    prop_assert!(gone == swap.out.most || !kept(gone + 1, most));
                }
                None => prop_assert!(swap.out.most == 0 || !kept(1, most) || most == 0),
            }
        }

        /// What is left counts for what must stay, and one unit more could not leave.
        #[test]
        fn the_most_leaves(valuation in any_valuation(), lots in any_lots(), ratio in 0u64..=WHOLE, least in 0u64..9_000, base in 0u64..20_000) {
            let kept = Kept { held: Holding { lots, late: 0, valuation: &valuation, ratio, recalled: false }, unit: 1 };
            let free = kept.free_down(least, base);
            let left = |gone| kept.credit(lots.relaxed(&valuation).remove(gone).unwrap(), base);
            prop_assert!(free == 0 || left(free) >= least);
            prop_assert!(free == lots.all || kept.credit(lots, base) < least || left(free + 1) < least);
        }

        /// However it is used: within any 24 hours no more than the limit, and after two days all of it again.
        #[test]
        fn no_24_hours_have_more_than_the_limit(steps in proptest::collection::vec((0u64..100_000, 0u64..200), 1..40), limit in 0u64..300) {
            let (mut daily, mut now) = (Daily { limit, ..Daily::default() }, NOON);
            let mut all: Vec<(u64, u64)> = Vec::new();
            for (seconds, asked) in steps {
                now += seconds;
                let lots = asked.min(daily.left(now));
                daily = daily.take(lots, now);
                all.push((now, lots));
                let sum: u64 = all.iter().filter(|(at, _)| *at + DAY > now).map(|(_, lots)| lots).sum();
                prop_assert!(sum <= limit);
                prop_assert_eq!(daily.left(now + 2 * DAY), limit);
            }
        }
    }
}
