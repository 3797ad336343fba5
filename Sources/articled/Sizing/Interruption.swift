import Foundation
import Synchronization

/// Ctrl-C, where something must be put away before the end.
enum Interruption {
    private static let hasCome = Atomic(false)

    static var isAsked: Bool { hasCome.load(ordering: .acquiring) }

    /// From now on interrupts are noted.
    static func watch() {
        // Made before the handler might need it.
        _ = isAsked
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in Interruption.hasCome.store(true, ordering: .releasing) }
        }
    }
}
