/// A part of the daemon that takes new settings while it runs.
///
/// A reload has two steps: first every part prepares, which may fail; then, if none did, every part changes, which
/// can't. So a mistake anywhere leaves everything as it was.
struct Reloadable: Sendable {
    /// Does the change; what it returns is told to whoever reads the log, if anything.
    typealias Change = @Sendable () -> String?

    /// As the log calls it: `certificate`.
    let name: String
    /// The settings that it takes, by the names of their flags without dashes. Those that no part takes need a restart.
    let keys: Set<String>
    /// Reads and checks all that the change needs, and changes nothing. It is asked at every reload, also if none of
    /// its settings changed: files that they name may have.
    let prepare: @Sendable (Settings) throws -> Change
}

extension Reloadable {
    /// A part that needs nothing but its settings, so that it can't fail.
    init(_ name: String, keys: Set<String>, change: @escaping @Sendable (Settings) -> Void) {
        self.init(
            name: name, keys: keys,
            prepare: { settings in
                return {
                    change(settings)
                    return nil
                }
            })
    }
}
