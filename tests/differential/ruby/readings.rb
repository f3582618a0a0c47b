# What the Ruby applications answer: the credentials that they would check, per source.
require 'json'

module Readings
  def self.text(value)
    case value
    when String then value.dup.force_encoding('UTF-8').scrub.strip
    when Numeric then value.to_s
    end
  end

  def self.reading(from, at, user, password, grant = nil)
    password = text(password)
    return [] if password.nil?

    [{ from: from, at: at, user: text(user), password: password, grant: text(grant) }]
  end

  def self.read(from, source)
    user = source['user']
    nested = user.respond_to?(:key?) ? user : {}
    reading(from, 'web', user, source['password'], source['grant_type']) +
      reading(from, 'nested', nested['email'], nested['password'])
  end

  # All readings: a source that cannot be read takes no other along.
  def self.gather(*sources)
    sources.flat_map do |source|
      source.call || []
    rescue StandardError
      []
    end
  end
end
