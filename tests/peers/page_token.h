// The token of the next page, with what ours holds: the question's hash, the request's id, the version, and the items shown; base64url, with a CRC-32C.
#pragma once
#include <nmmintrin.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "recsys/v1/recommendation_service.pb.h"

class PageToken {
public:
    void write(const recsys::v1::RecommendRequest& request, recsys::v1::RecommendResponse& response) {
        bytes_.clear();
        bytes_.push_back(1);
        uint64_t question = 1469598103934665603ull;
        for (unsigned char c : request.user_id()) question = (question ^ c) * 1099511628211ull;
        bytes_.append(reinterpret_cast<const char*>(&question), sizeof question);
        bytes_.push_back(2);
        put(response.request_id());
        put(response.model_version());
        bytes_.push_back(char(response.items_size()));
        for (const auto& item : response.items()) put(item.item_id());
        uint32_t sum = ~0u;
        size_t i = 0;
        for (; i + 8 <= bytes_.size(); i += 8) {
            uint64_t word;
            std::memcpy(&word, bytes_.data() + i, 8);
            sum = uint32_t(_mm_crc32_u64(sum, word));
        }
        for (; i < bytes_.size(); i++) sum = _mm_crc32_u8(sum, uint8_t(bytes_[i]));
        sum = ~sum;
        bytes_.append(reinterpret_cast<const char*>(&sum), sizeof sum);
        encode(*response.mutable_next_page_token());
    }

private:
    void put(const std::string& text) {
        bytes_.push_back(char(text.size()));
        bytes_.append(text);
    }

    void encode(std::string& text) const {
        static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        text.resize((bytes_.size() * 8 + 5) / 6);
        size_t at = 0;
        uint32_t bits = 0;
        int held = 0;
        for (unsigned char byte : bytes_) {
            bits = bits << 8 | byte;
            for (held += 8; held >= 6; held -= 6) text[at++] = letters[bits >> (held - 6) & 63];
        }
        if (held > 0) text[at++] = letters[bits << (6 - held) & 63];
    }

    std::string bytes_;
};
