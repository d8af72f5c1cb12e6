//! What cargo-stylus asks for a contract's constructor.
fn main() {
    if std::env::args().nth(1).as_deref() == Some("constructor") {
        println!("constructor(address owner)");
    }
}
