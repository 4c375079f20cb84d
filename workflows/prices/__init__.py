"""Price lists of headquarters, and what photos showed of price tags and dates."""
