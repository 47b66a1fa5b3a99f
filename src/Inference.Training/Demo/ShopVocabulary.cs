namespace Inference.Training.Demo;

/// <summary>The words that the demo shop is made of.</summary>
internal static class ShopVocabulary
{
    /// <summary>Categories by department, each with the nouns of its goods.</summary>
    public static IReadOnlyList<(string Department, string Category, string[] Nouns)> Categories { get; } =
    [
        ("kitchen", "cookware", ["saucepan", "skillet", "wok", "casserole", "stockpot", "griddle"]),
        ("kitchen", "bakeware", ["cake tin", "muffin tray", "rolling pin", "pie dish", "cookie cutter", "piping bag"]),
        ("kitchen", "tableware", ["plate", "bowl", "mug", "teapot", "jug", "serving platter"]),
        ("kitchen", "coffee", ["espresso cup", "grinder", "french press", "moka pot", "milk frother", "pour-over"]),
        ("home", "lighting", ["table lamp", "lantern", "pendant light", "fairy lights", "candle holder", "floor lamp"]),
        ("home", "bedding", ["duvet", "pillow", "bed sheet", "blanket", "mattress topper", "quilt"]),
        ("home", "storage", ["basket", "shelf", "storage box", "coat rack", "drawer organiser", "hamper"]),
        ("home", "wall art", ["poster", "canvas print", "picture frame", "wall clock", "mirror", "tapestry"]),
        ("garden", "plants", ["fern", "orchid", "succulent", "herb pot", "olive tree", "seed kit"]),
        ("garden", "tools", ["trowel", "secateurs", "watering can", "rake", "gloves", "wheelbarrow"]),
        ("garden", "outdoor living", ["garden chair", "parasol", "fire pit", "hammock", "bird feeder", "planter"]),
        ("fashion", "dresses", ["wrap dress", "maxi dress", "tunic", "pinafore", "slip dress", "shirt dress"]),
        ("fashion", "knitwear", ["jumper", "cardigan", "scarf", "beanie", "mittens", "poncho"]),
        ("fashion", "shoes", ["sneaker", "ankle boot", "sandal", "loafer", "heel", "slipper"]),
        ("fashion", "bags", ["tote", "rucksack", "clutch", "satchel", "weekender", "wallet"]),
        ("fashion", "jewellery", ["necklace", "bracelet", "earrings", "ring", "brooch", "anklet"]),
        ("beauty", "skincare", ["face cream", "serum", "cleanser", "toner", "sheet mask", "sun lotion"]),
        ("beauty", "make-up", ["lipstick", "mascara", "foundation", "eyeliner", "blush", "nail polish"]),
        ("beauty", "fragrance", ["eau de parfum", "cologne", "body mist", "scented candle", "diffuser", "bath oil"]),
        ("toys", "building sets", ["castle set", "brick box", "marble run", "space station", "train track", "robot kit"]),
        ("toys", "dolls", ["doll", "doll house", "pram", "tea party set", "puppet", "plush bear"]),
        ("toys", "board games", ["strategy game", "card game", "puzzle", "dice game", "quiz", "chess set"]),
        ("toys", "baby", ["rattle", "teether", "play mat", "mobile", "stacking rings", "night light"]),
        ("sport", "running", ["running shoe", "hydration vest", "running shorts", "headlamp", "foam roller", "arm band"]),
        ("sport", "cycling", ["helmet", "bike light", "saddle", "jersey", "pump", "pannier"]),
        ("sport", "yoga", ["yoga mat", "block", "strap", "leggings", "bolster", "meditation cushion"]),
        ("sport", "camping", ["tent", "sleeping bag", "camp stove", "rucksack cover", "thermos", "trekking pole"]),
        ("sport", "football", ["football", "shin pads", "goal", "training bib", "goalkeeper gloves", "boots"]),
        ("electronics", "audio", ["headphones", "speaker", "turntable", "soundbar", "microphone", "earbuds"]),
        ("electronics", "computing", ["keyboard", "mouse", "monitor", "laptop stand", "webcam", "docking station"]),
        ("electronics", "gaming", ["controller", "gaming chair", "headset", "console skin", "racing wheel", "capture card"]),
        ("electronics", "photography", ["tripod", "camera strap", "lens", "instant camera", "ring light", "photo printer"]),
        ("electronics", "smart home", ["smart plug", "thermostat", "doorbell", "motion sensor", "smart bulb", "hub"]),
        ("books", "fiction", ["novel", "thriller", "fantasy saga", "short stories", "classic", "graphic novel"]),
        ("books", "cookbooks", ["baking book", "vegan cookbook", "pasta book", "grill book", "bread book", "soup book"]),
        ("books", "children's books", ["picture book", "fairy tales", "activity book", "pop-up book", "alphabet book", "bedtime stories"]),
        ("books", "travel", ["city guide", "road atlas", "phrase book", "hiking guide", "travel journal", "map"]),
        ("stationery", "notebooks", ["notebook", "planner", "sketchbook", "diary", "sticky notes", "binder"]),
        ("stationery", "craft", ["knitting kit", "embroidery hoop", "paint set", "washi tape", "stamp set", "origami paper"]),
        ("stationery", "gift wrap", ["wrapping paper", "ribbon", "gift bag", "greeting card", "gift tags", "bow"]),
        ("pets", "dogs", ["dog bed", "leash", "chew toy", "dog coat", "treat pouch", "food bowl"]),
        ("pets", "cats", ["scratching post", "cat tunnel", "litter tray", "feather wand", "cat bed", "fountain"]),
        ("food", "tea and coffee", ["green tea", "coffee beans", "herbal tea", "cocoa", "chai", "matcha"]),
        ("food", "sweets", ["chocolate bar", "fudge", "liquorice", "marshmallows", "caramels", "gummy bears"]),
        ("food", "pantry", ["olive oil", "sea salt", "pasta", "honey", "mustard", "granola"]),
        ("party", "decorations", ["bunting", "balloons", "garland", "confetti", "paper lantern", "centrepiece"]),
        ("party", "tableware for parties", ["paper plates", "cups", "napkins", "straws", "cake stand", "tablecloth"]),
        ("seasonal", "christmas", ["bauble", "wreath", "stocking", "advent calendar", "tree topper", "nutcracker"]),
    ];

    /// <summary>Styles: they cut across categories, and taste has a part in them.</summary>
    public static IReadOnlyList<string> Styles { get; } =
    [
        "vintage", "modern", "rustic", "minimal", "floral", "retro", "nordic", "classic",
        "playful", "industrial", "bohemian", "coastal", "luxury", "handmade", "eco", "compact",
    ];

    /// <summary>Materials and colours: words that say nothing about taste.</summary>
    public static IReadOnlyList<string> Materials { get; } =
    [
        "oak", "steel", "cotton", "linen", "ceramic", "glass", "bamboo", "leather", "wool", "brass", "red", "blue", "green", "black", "white", "amber",
    ];

    /// <summary>Syllables of brand names.</summary>
    public static IReadOnlyList<string> BrandStarts { get; } =
    [
        "Al", "Bor", "Cas", "Dor", "El", "Fen", "Gal", "Hal", "Is", "Jor", "Kel", "Lum", "Mar", "Nor", "Or", "Pel", "Quin", "Ros", "Sol", "Tor", "Ul", "Ver", "Wes", "Zel",
    ];

    /// <inheritdoc cref="BrandStarts"/>
    public static IReadOnlyList<string> BrandEnds { get; } = ["ba", "den", "dia", "fell", "holm", "la", "mere", "nova", "ria", "ston", "tis", "vik"];

    /// <summary>Context features with their values and how common each value is; "hour" is made apart.</summary>
    public static IReadOnlyList<(string Feature, string[] Values, double[] Shares)> Context { get; } =
    [
        ("country", ["GB", "DE", "FR", "ES", "IT", "NL", "SE", "PL", "US", "CA", "JP", "AU"], [.20, .16, .12, .08, .08, .06, .05, .05, .10, .04, .03, .03]),
        ("device", ["phone", "desktop", "tablet", "app"], [.45, .30, .08, .17]),
        ("referrer", ["direct", "search", "social", "newsletter", "affiliate"], [.30, .30, .18, .14, .08]),
    ];

    /// <summary>Name of the whole-number context feature 0 to 23.</summary>
    public const string Hour = "hour";
}
