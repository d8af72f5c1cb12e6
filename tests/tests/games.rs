//! What must hold for an honest desk and for an honest house, whatever an adversary does in every other role.
use plumbline_tests::games::Game;
use plumbline_tests::runs::{Depth, Seeds, run_all};

const CALLS: u64 = 64;

#[test]
fn an_honest_desk_is_never_in_default_and_loses_nothing_but_its_variation() {
    run_all(Seeds("games_desk.txt"), Depth::of_environment(CALLS), Game::against_a_desk);
}

#[test]
fn an_honest_house_never_pays_more_than_true_variation() {
    run_all(Seeds("games_house.txt"), Depth::of_environment(CALLS), Game::against_a_house);
}

#[test]
fn standing_orders_harm_no_honest_desk_whoever_carries_them_out() {
    run_all(Seeds("games_orders.txt"), Depth::of_environment(CALLS), Game::against_a_desk_with_orders);
}
