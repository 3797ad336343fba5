import Core

/// What a gap in the feed is to be called.
enum GapText {
    static func label(_ reason: ControlMessage.ResetReason, dash: String) -> String {
        switch reason {
        case .trimmed: "\(dash) gap: older articles could not be replayed \(dash)"
        case .forked: "\(dash) gap: the server's history was replaced \(dash)"
        }
    }

    static func explanation(_ reason: ControlMessage.ResetReason) -> String {
        switch reason {
        case .trimmed:
            "There may be a gap here: the connection was away for so long that the server no longer keeps "
                + "everything that came in between."
        case .forked:
            "There may be a gap here: the server goes on from another history, such as a backup, and can't tell what "
                + "came in between."
        }
    }
}
