/// What events make of the model. Pure: the outside is only asked for, by effects.
enum Update {
    static func apply(_ events: some Sequence<Event>, to model: inout Model) -> [Effect] {
        var effects: [Effect] = []
        for event in events {
            switch event {
            case .feed(let update):
                apply(update, to: &model)
            case .resized(let size):
                model.size = size
                model.settle()
            case .key(let key):
                // Keys act on what is seen, the feed's events before them included.
                model.settle()
                effects += press(key, &model)
                model.settle()
            }
        }
        model.settle()
        return effects
    }
}
