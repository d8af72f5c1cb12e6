//! Which code that starts with `EF` may be created: Stylus components, as far as the chain's ArbOS knows them.

use super::stylus::{Ctx, Frame};
use crate::code::is_component;
use revm::handler::FrameData;
use revm::interpreter::InterpreterAction;

/// Lets the creation that `action` ends pass or fail by EIP-3541.
pub(super) fn judge(ctx: &mut Ctx<'_>, frame: &Frame, action: &InterpreterAction) {
    if let (FrameData::Create(_), InterpreterAction::Return(result)) = (&frame.data, action) {
        ctx.cfg.disable_eip3541 = is_component(&result.output, ctx.chain.arbos.version);
    }
}
