/// What the viewer asks of the rest of the world.
protocol Outside: AnyObject {
    /// Does what the update asks for.
    ///
    /// - Returns: what is known of it at once; the rest comes through the queue.
    func perform(_ effect: Effect, terminal: any Terminal) -> [Event]
}
