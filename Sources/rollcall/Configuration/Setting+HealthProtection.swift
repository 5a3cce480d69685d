extension Setting {
    /// The keys about when health is not taken at its word.
    static let healthProtection: [Setting] = [
        .one("health.flap_falls_max", \.health.flapFallsMax, .number(0...100)),
        .one(
            "health.flap_half_life",
            \.health.flapHalfLife,
            .duration(such: "2m", .seconds(1) ... .seconds(86_400))
        ),
        .one("health.panic_threshold", \.health.panicThreshold, .number(0...100)),
        .map(
            "health.panic_threshold_per_service",
            \.health.panicThresholdPerService,
            name: .serviceOrPrefix,
            value: .number(0...100)
        ),
    ]
}
